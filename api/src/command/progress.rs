//! Progress of long work: bars on a terminal, plain lines elsewhere.

use hjemmel_disclosure::suppress::Stage;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// One piece of work under way.
pub struct Progress {
    bar: Option<ProgressBar>,
    title: String,
    started: Instant,
}

impl Progress {
    /// Begins; `total` is in whatever unit [`Progress::at`] counts, bytes or records.
    pub fn begin(title: &str, total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let (bar, template) = match total {
                Some(total) => {
                    (ProgressBar::new(total), "{msg:<44} {bar:30} {percent:>3} %  {elapsed}")
                }
                None => (ProgressBar::new_spinner(), "{msg:<44} {spinner}  {elapsed}"),
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(title.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, title: title.to_owned(), started: Instant::now() }
    }

    /// How far it has come.
    pub fn at(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    /// What it is at, and how far in it; a total of 0 is not known.
    fn stage(&self, what: &str, done: usize, total: usize) {
        if let Some(bar) = &self.bar {
            let of = if total > 0 { format!(" {done} of {total}") } else { String::new() };
            bar.set_message(format!("{}: {what}{of}", self.title));
        }
    }

    /// How far a protection has come.
    pub fn protection(&self, stage: Stage, done: usize, total: usize) {
        let what = match stage {
            Stage::Algebra => "what adds up",
            Stage::Proof => "possible values",
            Stage::Economy => "what can be shown again",
            Stage::Audit => "attacking the result",
        };
        self.stage(what, done, total);
    }

    /// Ends with a word on what came of it.
    pub fn end(self, result: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        eprintln!("{:<44} {result} ({seconds:.1} s)", self.title);
    }
}
