//! Batches in flight, and what is recorded of those that are done.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender as Channel, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::batch::{Batch, Batches};
use super::rejections::Rejections;
use super::send::{BatchOutcome, OnExisting, Sender};
use super::state::{Counts, ImportState, StateFile};
use crate::cli::bulk::failure::ServiceFailure;
use crate::cli::bulk::progress::{Progress, rate};
use crate::cli::error::CliError;
use crate::domain::clock::{Clock, SystemClock};

/// How many batches, for each in flight, may be done before one that is not: what is recorded of them stays small.
const MAX_AHEAD: u64 = 16;

type Sent = Result<BatchOutcome, ServiceFailure>;

/// An import while it runs.
pub(super) struct Run<'r> {
    pub(super) batches: Batches,
    pub(super) sender: Sender,
    pub(super) concurrency: NonZeroUsize,
    pub(super) state: ImportState,
    /// `None` for standard input.
    pub(super) state_file: Option<&'r StateFile>,
    pub(super) rejections: Rejections,
    pub(super) progress: &'r Progress,
    /// How many bytes of the file have been read.
    pub(super) position: Arc<AtomicU64>,
}

/// Batches on their way.
#[derive(Default)]
struct InFlight {
    /// The external ids of each.
    batches: HashMap<u64, HashSet<String>>,
    /// A batch that has to wait.
    waiting: Option<Batch>,
    is_at_end: bool,
}

impl Run<'_> {
    /// Sends all batches that are not done.
    ///
    /// # Errors
    /// The service refuses one, or is not reached for too long; the file cannot be read, or the state not written. What was done is recorded.
    pub(super) fn finish(mut self) -> Result<Counts, CliError> {
        let (work, pending) = channel::<Batch>();
        let pending = Mutex::new(pending);
        let (done, sent) = channel();
        thread::scope(|scope| {
            for _ in 0..self.concurrency.get() {
                let (sender, done, pending) = (self.sender.clone(), done.clone(), &pending);
                scope.spawn(move || send_all(&sender, pending, &done));
            }
            drop(done);
            // Dropped at the end, which ends the threads.
            let work = work;
            self.dispatch(&work, &sent)
        })?;
        self.state.is_complete = true;
        self.record()?;
        Ok(self.state.counts)
    }

    fn dispatch(&mut self, work: &Channel<Batch>, sent: &Receiver<Sent>) -> Result<(), CliError> {
        let (mut flight, mut failure) = (InFlight::default(), None);
        loop {
            while failure.is_none() && flight.batches.len() < self.concurrency.get() {
                match self.next(&mut flight) {
                    Ok(Some(batch)) => {
                        flight.batches.insert(batch.index, self.ids(&batch));
                        // The threads run until this channel is dropped.
                        let _ = work.send(batch);
                    }
                    Ok(None) => break,
                    Err(error) => failure = Some(error),
                }
            }
            if flight.batches.is_empty() {
                return failure.map_or(Ok(()), Err);
            }
            let Ok(outcome) = sent.recv() else { return Err("a thread of the import broke down".into()) };
            let recorded = outcome.map_err(CliError::from).and_then(|outcome| {
                flight.batches.remove(&outcome.index);
                self.take(&outcome)
            });
            if let Err(error) = recorded {
                // The others are answered, and recorded, before the import ends.
                let in_flight = flight.batches.len().saturating_sub(1);
                for outcome in sent.iter().take(in_flight).flatten() {
                    self.take(&outcome)?;
                }
                return Err(failure.unwrap_or(error));
            }
        }
    }

    /// The next batch to send; `None` at the end, or while it has to wait: for the batches in flight that have one of its external ids, or for
    /// the oldest one.
    fn next(&mut self, flight: &mut InFlight) -> Result<Option<Batch>, CliError> {
        loop {
            if flight.waiting.is_none() && !flight.is_at_end {
                flight.waiting = self.batches.next()?;
            }
            let Some(batch) = flight.waiting.take() else {
                flight.is_at_end = true;
                return Ok(None);
            };
            if self.state.is_done(batch.index) {
                continue;
            }
            let ahead = MAX_AHEAD * u64::try_from(self.concurrency.get()).unwrap_or(1);
            let ids = self.ids(&batch);
            let meets = |others: &HashSet<String>| !others.is_disjoint(&ids);
            if batch.index > self.state.done_until() + ahead || flight.batches.values().any(meets) {
                flight.waiting = Some(batch);
                return Ok(None);
            }
            return Ok(Some(batch));
        }
    }

    /// The external ids that no other batch in flight may have, so that a later line meets the profile of an earlier one.
    fn ids(&self, batch: &Batch) -> HashSet<String> {
        match self.sender.on_existing {
            OnExisting::Create => HashSet::new(),
            OnExisting::Skip | OnExisting::Update => batch.external_ids(),
        }
    }

    fn take(&mut self, outcome: &BatchOutcome) -> Result<(), CliError> {
        self.rejections.add(&outcome.rejected, self.progress)?;
        self.state.finish(outcome.index, outcome.counts);
        self.record()?;
        let counts = self.state.counts;
        self.progress.advance(self.position.load(Ordering::Relaxed), || {
            let rate = rate(counts.total(), self.progress.elapsed());
            format!("{} lines, {} rejected, {rate}/s", counts.total(), counts.rejected)
        });
        Ok(())
    }

    fn record(&mut self) -> Result<(), CliError> {
        let Some(file) = self.state_file else { return Ok(()) };
        self.state.rejected_bytes = self.rejections.bytes()?;
        self.state.touch(SystemClock.now());
        file.write(&self.state)
    }
}

fn send_all(sender: &Sender, pending: &Mutex<Receiver<Batch>>, done: &Channel<Sent>) {
    loop {
        let batch = pending.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = batch else { return };
        if done.send(sender.send(batch)).is_err() {
            return;
        }
    }
}
