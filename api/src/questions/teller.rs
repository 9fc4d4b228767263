//! What was settled, on its way to whoever waits for it. Most of it has to wait for the disk first, which is done beside the
//! next rounds, once for all that came before.

use super::purser::{Then, again, failed};
use hjemmel_store::{Error, Reserved, Settled, StoredAnswer};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Something for somebody.
enum Word {
    Reserved(Reserved, Then<Reserved>),
    Kept(StoredAnswer, Then<StoredAnswer>),
}

impl Word {
    fn tell(self) {
        match self {
            Self::Reserved(said, payer) => payer(said),
            Self::Kept(answer, keeper) => keeper(answer),
        }
    }
}

/// Tells what came of rounds.
#[derive(Clone)]
pub struct Teller(Sender<Vec<Word>>);

impl Teller {
    /// Starts the thread that waits for the disk by `flush`, and says when that fails: `healthy` turns false.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        healthy: &Arc<AtomicBool>,
        flush: impl Fn() -> Result<(), Error> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (later, waiting) = channel();
        let healthy = healthy.clone();
        let thread = std::thread::Builder::new().name("teller".to_owned());
        thread.spawn(move || wait_and_tell(flush, &healthy, &waiting))?;
        Ok(Self(later))
    }

    /// Tells at once who has paid, and the others when it is on the disk.
    pub fn tell(
        &self,
        settled: Settled,
        payers: Vec<Then<Reserved>>,
        keepers: Vec<Then<StoredAnswer>>,
    ) {
        let reserved = settled.reserved.into_iter().zip(payers);
        let reserved = reserved.map(|(said, payer)| Word::Reserved(said, payer));
        let kept = settled.kept.into_iter().zip(keepers);
        let kept = kept.map(|(answer, keeper)| Word::Kept(answer, keeper));
        let at_once =
            |word: &Word| settled.on_disk || matches!(word, Word::Reserved(Reserved::Paid(_), _));
        let (now, later): (Vec<_>, Vec<_>) = reserved.chain(kept).partition(at_once);
        now.into_iter().for_each(Word::tell);
        if !later.is_empty() {
            // Without the thread it is dropped, which says that nothing is known.
            let _ = self.0.send(later);
        }
    }
}

fn wait_and_tell(
    flush: impl Fn() -> Result<(), Error>,
    healthy: &AtomicBool,
    waiting: &Receiver<Vec<Word>>,
) {
    while let Ok(first) = waiting.recv() {
        let all: Vec<Word> = std::iter::once(first).chain(waiting.try_iter()).flatten().collect();
        match again(&flush) {
            Ok(()) => all.into_iter().for_each(Word::tell),
            Err(error) => failed(&error, all.len(), healthy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use std::sync::atomic::Ordering;
    use uuid::Uuid;

    fn settled(on_disk: bool) -> Settled {
        let answer = StoredAnswer {
            question_key: "asked".to_owned(),
            id: Uuid::nil(),
            at: DateTime::UNIX_EPOCH,
            body: b"{}".to_vec(),
        };
        let reserved = vec![Reserved::Paid(Vec::new()), Reserved::UnderWay];
        Settled { kept: vec![answer], reserved, on_disk }
    }

    /// Somebody who waits, and what they are told.
    fn waiting<T: Send + 'static>() -> (Then<T>, Receiver<()>) {
        let (told, telling) = channel();
        (Box::new(move |_| told.send(()).unwrap()), telling)
    }

    #[test]
    fn only_who_has_paid_is_told_before_it_is_on_the_disk() {
        let healthy = Arc::new(AtomicBool::new(true));
        let (flushed, disk) = channel();
        let flush = move || disk.recv().unwrap();
        let teller = Teller::start(&healthy, flush).unwrap();
        let hand = |on_disk| {
            let (payer, paid) = waiting();
            let (refused, refusal) = waiting();
            let (keeper, kept) = waiting();
            teller.tell(settled(on_disk), vec![payer, refused], vec![keeper]);
            (paid, refusal, kept)
        };
        let (paid, refusal, kept) = hand(true);
        assert!(paid.try_recv().is_ok() && refusal.try_recv().is_ok() && kept.try_recv().is_ok());
        let (paid, refusal, kept) = hand(false);
        assert!(paid.try_recv().is_ok());
        assert!(refusal.try_recv().is_err() && kept.try_recv().is_err());
        flushed.send(Ok(())).unwrap();
        assert!(refusal.recv().is_ok() && kept.recv().is_ok());
        let (_, refusal, kept) = hand(false);
        assert!(healthy.load(Ordering::Acquire));
        flushed.send(Err(Error::NotFound("disk"))).unwrap();
        assert!(refusal.recv().is_err() && kept.recv().is_err());
        assert!(!healthy.load(Ordering::Acquire));
    }
}
