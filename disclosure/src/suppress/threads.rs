//! Work done by several threads, with the results that one would have.

use super::Watch;
use std::sync::{Mutex, PoisonError};
use std::thread::{available_parallelism, scope};

/// How many threads to use when `wished` are asked for; 0 means as many as there are cores.
pub(super) fn count(wished: usize) -> usize {
    if wished > 0 { wished } else { available_parallelism().map_or(1, Into::into) }
}

/// Does every task, and returns the results in the order of the tasks; only what this thread does is told to `watch`.
pub(super) fn each<T: Send, R: Send>(
    threads: usize,
    tasks: Vec<T>,
    watch: Watch<'_>,
    work: &(impl Fn(T, Watch<'_>) -> R + Sync),
) -> Vec<R> {
    let helpers = threads.min(tasks.len()).saturating_sub(1);
    if helpers == 0 {
        return tasks.into_iter().map(|task| work(task, watch)).collect();
    }
    let open = Mutex::new(tasks.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let run = |watch: Watch<'_>| {
        loop {
            let next = open.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, task)) = next else { return };
            let result = work(task, watch);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|| run(&|_, _, _| {}));
        }
        run(watch);
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|result| result.0);
    done.into_iter().map(|result| result.1).collect()
}

/// Does two things, at once where there are threads for it.
pub(super) fn both<A, B: Send>(
    threads: usize,
    first: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if threads < 2 {
        return (first(), second());
    }
    scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        (first, second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_tasks() {
        for threads in 1..=4 {
            let told = std::cell::Cell::new(0);
            let watch = |_, _, _| told.set(told.get() + 1);
            let squares = each(threads, (0..9).collect(), &watch, &|task: u32, watch| {
                watch(crate::suppress::Stage::Proof, 0, 0);
                task * task
            });
            assert_eq!(squares, [0, 1, 4, 9, 16, 25, 36, 49, 64]);
            assert!(threads > 1 || told.get() == 9);
            assert_eq!(both(threads, || 1, || 2), (1, 2));
        }
    }
}
