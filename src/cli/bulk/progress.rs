//! The progress of a transfer, on a terminal only.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the line is drawn at the most, a second.
const DRAWS_PER_SECOND: u8 = 5;

/// How often the line is drawn when nothing happens.
const TICK: Duration = Duration::from_millis(500);

/// A line on standard error.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// For a transfer whose end is not known.
    pub(super) fn of_unknown_length() -> Self {
        Self::new(ProgressBar::no_length(), "{spinner} {msg} ({elapsed})")
    }

    /// For a file of so many `bytes`.
    pub(super) fn of_bytes(bytes: u64) -> Self {
        Self::new(ProgressBar::new(bytes), "{bar:20} {percent}% {msg}, {eta} left")
    }

    /// Shows `message`, and that the file has been read up to `position`.
    pub(super) fn advance(&self, position: u64, message: impl FnOnce() -> String) {
        self.0.set_position(position);
        self.show(message);
    }

    /// A line in the form of `template`.
    fn new(bar: ProgressBar, template: &str) -> Self {
        if !stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND));
        // A constant of this module that was wrong would show in the default style.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Shows `message`.
    pub(super) fn show(&self, message: impl FnOnce() -> String) {
        if !self.0.is_hidden() {
            self.0.set_message(message());
        }
    }

    /// Prints a line above.
    pub(super) fn note(&self, text: &str) {
        self.0.suspend(|| crate::cli::client::message::note(text));
    }

    /// The time since the beginning.
    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `count` a second, over `elapsed`.
pub(super) fn rate(count: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1_000) / milliseconds
}
