//! A pattern is called audited by the audit alone.

use hjemmel_disclosure::suppress::{Audited, Evidence};
use hjemmel_disclosure::{Reason, Status};

fn forged(statuses: Vec<Status>, reasons: Vec<Option<Reason>>, evidence: Evidence) -> Audited {
    Audited { statuses, reasons, evidence }
}

fn main() {}
