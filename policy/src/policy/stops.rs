//! The same snapshot with less in it: under stops, or without what was taken away.

use super::{Held, Policy};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Policy {
    /// The same grants under stops: what is stopped opens nothing, whatever its grant says.
    #[must_use]
    pub fn under(self, stops: &[crate::Stop]) -> Self {
        self.stopped(|_, stop| stop, stops)
    }

    fn stopped(
        mut self,
        by: impl Fn(&Held, Option<crate::Stop>) -> Option<crate::Stop>,
        stops: &[crate::Stop],
    ) -> Self {
        self.stops.extend_from_slice(stops);
        for held in &mut self.grants {
            let (recipient, form) = (held.terms.recipient.organisation, held.terms.product);
            let stop = stops.iter().copied().find(|stop| stop.stops(recipient, form));
            let stopped = by(held, stop);
            if held.stopped != stopped {
                *held = Arc::new(Held { stopped, ..held.as_ref().clone() });
            }
        }
        self
    }

    /// The same grants without some versions of them, and under further stops. It opens nothing that was closed
    /// and needs no look at the others, so that what is taken away can be gone before a new snapshot is made.
    #[must_use]
    pub fn without(&self, gone: &[(String, u32)], stops: &[crate::Stop]) -> Self {
        let gone: HashSet<(&str, u32)> = gone.iter().map(|(id, no)| (id.as_str(), *no)).collect();
        let stays =
            |held: &&Arc<Held>| !gone.contains(&(held.terms.id.as_str(), held.terms.version));
        let closer = Self {
            grants: self.grants.iter().filter(stays).map(Arc::clone).collect(),
            index: HashMap::new(),
            columns: Arc::clone(&self.columns),
            rules: Arc::clone(&self.rules),
            version: self.version,
            projects: self.projects.clone(),
            stops: self.stops.clone(),
        };
        closer.stopped(|held, stop| held.stopped.or(stop), stops).indexed()
    }
}
