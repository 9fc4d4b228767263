//! A lock whose holders come in the order they asked.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Those who wait, by number.
#[derive(Debug, Default)]
pub(crate) struct Line {
    numbers: Mutex<Numbers>,
    next: Condvar,
}

#[derive(Debug, Default)]
struct Numbers {
    /// The number of who comes next.
    free: u64,
    /// The number of whose turn it is.
    now: u64,
}

/// One's turn, until it is dropped.
#[must_use]
pub(crate) struct Turn<'a>(&'a Line);

impl Line {
    /// Waits until everybody who asked before is done.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let mut numbers = self.numbers();
        let own = numbers.free;
        numbers.free += 1;
        while numbers.now != own {
            numbers = self.next.wait(numbers).unwrap_or_else(PoisonError::into_inner);
        }
        Turn(self)
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.numbers().now += 1;
        self.0.next.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn who_comes_first_is_served_first() {
        let (line, served) = (Line::default(), Mutex::new(Vec::new()));
        let first = line.turn();
        std::thread::scope(|scope| {
            for number in 0..20 {
                let (line, served) = (&line, &served);
                scope.spawn(move || {
                    let _turn = line.turn();
                    served.lock().unwrap().push(number);
                });
                while line.numbers().free < number + 2 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            drop(first);
        });
        assert_eq!(served.into_inner().unwrap(), (0..20).collect::<Vec<u64>>());
    }

    #[test]
    fn who_panics_gives_the_turn_back() {
        let line = Line::default();
        let panicked = std::thread::scope(|scope| {
            let work = || {
                let _turn = line.turn();
                panic!("on purpose");
            };
            scope.spawn(work).join().is_err()
        });
        assert!(panicked);
        drop(line.turn());
    }
}
