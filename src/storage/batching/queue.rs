//! The queue of one kind of call, and the flushers that serve it in batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::fair_queue::{FairQueue, QueueBounds};
use super::metrics::QueueMetrics;
use crate::domain::id::OrganizationId;
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::pool::error::outcome_unknown;
use crate::storage::profiles::calls::BatchOutcome;

/// The limits of a batch queue.
#[derive(Clone, Copy, Debug)]
pub struct BatchSettings {
    /// The most calls that one transaction serves.
    pub max_rows: usize,
    /// The most calls of a kind that wait at once.
    pub capacity: usize,
    /// The most bytes that the calls of a kind hold while they wait, as their texts are counted. A call counts at least as the share that
    /// `capacity` leaves it.
    pub capacity_bytes: usize,
    /// How long a call waits for a flusher before it is refused, with nothing done.
    pub max_wait: Duration,
}

/// A kind of call that is served in batches.
pub(super) trait BatchOperation: Send + Sync + 'static {
    type Input: Send + Sync;
    type Output: Send;

    /// How many flushers serve it, each a queue of its own, and so how many transactions run at once.
    const FLUSHERS: usize;
    /// How many calls have to wait in a queue for a second transaction to begin beside that of its flusher. `None`: none does.
    const CROWD: Option<usize>;
    /// Whether a call that finds the queue empty may skip it.
    const SKIPS_QUEUE: bool;

    /// About how many bytes the call holds while it waits.
    fn bytes(input: &Self::Input) -> usize;

    /// Which flusher serves the call: less than [`BatchOperation::FLUSHERS`].
    fn flusher(_input: &Self::Input) -> usize {
        0
    }

    /// Serves all `jobs` in one transaction and answers the outcome of each; an error means that none was served.
    fn flush(&self, jobs: &[Job<Self>]) -> impl Future<Output = Result<Vec<BatchOutcome<Self::Output>>>> + Send;

    /// Serves one call in a transaction of its own, on a connection of its organization's share.
    fn serve(
        &self,
        organization: OrganizationId,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// The queue.
pub(super) struct BatchQueue<O: BatchOperation> {
    operation: O,
    queues: Arc<Vec<FlusherQueue<O>>>,
    /// Whether the last flush served several calls.
    is_busy: AtomicBool,
    settings: BatchSettings,
    metrics: QueueMetrics,
}

/// The queue of one flusher.
struct FlusherQueue<O: BatchOperation> {
    jobs: FairQueue<Job<O>>,
    /// Of one permit, held while a transaction runs.
    permits: Semaphore,
}

/// What a caller gets from a flush.
enum Flushed<O: BatchOperation + ?Sized> {
    Done(Result<O::Output>),
    /// The call was not served, and its caller should serve it: what it needs is locked, or a call beside it failed the whole batch.
    Deferred(O::Input),
}

/// A call that waits for its answer.
pub(super) struct Job<O: BatchOperation + ?Sized> {
    pub(super) organization: OrganizationId,
    pub(super) input: O::Input,
    answer: oneshot::Sender<Flushed<O>>,
    claim: JobClaim,
}

/// Taken once: by the flusher that serves the job, or by the caller that gives up waiting. A call that was refused for waiting too long is
/// never served after all.
#[derive(Clone, Default)]
struct JobClaim(Arc<AtomicBool>);

impl JobClaim {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Abandons the job when its caller is cancelled.
struct AbandonOnDrop(JobClaim);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.take();
    }
}

impl<O: BatchOperation> BatchQueue<O> {
    /// Starts the flushers on the current runtime.
    pub(super) fn start(operation: O, settings: BatchSettings, metrics: QueueMetrics) -> Arc<Self> {
        let bounds = QueueBounds {
            items: settings.capacity.div_ceil(O::FLUSHERS),
            bytes: settings.capacity_bytes.div_ceil(O::FLUSHERS),
        };
        let crowd = O::CROWD.unwrap_or(usize::MAX);
        let queue = || FlusherQueue { jobs: FairQueue::new(bounds, crowd), permits: Semaphore::new(1) };
        let queues = Arc::new((0..O::FLUSHERS).map(|_| queue()).collect::<Vec<_>>());
        let waiting = Arc::clone(&queues);
        metrics.read_depth(move || waiting.iter().map(|queue| queue.jobs.depth()).sum());
        let batch_queue = Arc::new(Self { operation, queues, is_busy: AtomicBool::default(), settings, metrics });
        for flusher in 0..O::FLUSHERS {
            let (first, second) = (Arc::clone(&batch_queue), Arc::clone(&batch_queue));
            tokio::task::spawn_local(supervise(move || Arc::clone(&first).run_flusher(flusher)));
            if O::CROWD.is_some() {
                tokio::task::spawn_local(supervise(move || Arc::clone(&second).run_second_flusher(flusher)));
            }
        }
        batch_queue
    }

    /// Queues a call and waits for its outcome.
    ///
    /// # Errors
    /// Those of the operation; `Unavailable` if the queue is full, or no flusher took the call within the maximum wait.
    pub(super) async fn call(&self, organization: OrganizationId, input: O::Input) -> Result<O::Output> {
        match self.flushed(organization, input).await? {
            Flushed::Done(outcome) => outcome,
            // Boxed, or the future of each waiting call would be large enough for it: 7 MB at 256 connections.
            Flushed::Deferred(input) => Box::pin(self.operation.serve(organization, input)).await,
        }
    }

    async fn flushed(&self, organization: OrganizationId, input: O::Input) -> Result<Flushed<O>> {
        let (answer, mut answered) = oneshot::channel();
        let claim = JobClaim::default();
        let queue = self.queues.get(O::flusher(&input)).ok_or_else(|| Error::internal("a call without a flusher"))?;
        let bytes = O::bytes(&input);
        let job = Job { organization, input, answer, claim: claim.clone() };
        if let Some(_permit) = self.try_skip(queue) {
            // Boxed as above.
            Box::pin(self.flush(vec![job])).await;
            return answered.await.map_err(|_| flusher_panicked());
        }
        let _abandon = AbandonOnDrop(claim.clone());
        for refused in queue.jobs.push(organization, bytes, job) {
            self.metrics.refused_full.inc();
            refused.answer(Err(overloaded()));
        }
        match tokio::time::timeout(self.settings.max_wait, &mut answered).await {
            Ok(answered) => answered.map_err(|_| flusher_panicked()),
            Err(_) if claim.take() => {
                self.metrics.refused_waited.inc();
                Err(overloaded())
            }
            // A flusher serves it, and a flush has a deadline of its own.
            Err(_) => answered.await.map_err(|_| flusher_panicked()),
        }
    }

    /// A permit, if the queue is empty, its transaction may run, and the last flush served a single call: the caller then flushes its own
    /// call. To wake a flusher and be woken by it takes a fifth of the time of a lone create. (Without the last condition 256 connections,
    /// which sometimes find the queue empty too, made 13 % fewer creates a second.)
    fn try_skip<'q>(&self, queue: &'q FlusherQueue<O>) -> Option<SemaphorePermit<'q>> {
        let is_alone = O::SKIPS_QUEUE && !self.is_busy.load(Ordering::Relaxed) && queue.jobs.depth() == 0;
        if is_alone { queue.permits.try_acquire().ok() } else { None }
    }

    async fn run_flusher(self: Arc<Self>, flusher: usize) {
        let Some(queue) = self.queues.get(flusher) else { return };
        loop {
            queue.jobs.filled().await;
            // Calls gather while a caller flushes its own.
            let Ok(_permit) = queue.permits.acquire().await else { return };
            self.flush_waiting(queue).await;
        }
    }

    /// Serves what waits beside a running transaction, where that is much: Postgres then works for the one while it writes its log for the
    /// other.
    async fn run_second_flusher(self: Arc<Self>, flusher: usize) {
        let Some(queue) = self.queues.get(flusher) else { return };
        loop {
            queue.jobs.crowded().await;
            self.flush_waiting(queue).await;
        }
    }

    async fn flush_waiting(&self, queue: &FlusherQueue<O>) {
        let mut jobs = queue.jobs.take(self.settings.max_rows);
        jobs.retain(|job| job.claim.take());
        if !jobs.is_empty() {
            self.flush(jobs).await;
        }
    }

    /// Flushes `jobs` and answers them. If the database is unavailable or does not answer, all fail at once. A batch that it cancels, for a
    /// lock or for its duration, is deferred: each call is served by its caller, so that one cannot hold up those of other organizations. A
    /// batch that is refused for another reason is halved until the broken row fails alone.
    async fn flush(&self, jobs: Vec<Job<O>>) {
        let (rows, started) = (jobs.len(), Instant::now());
        self.is_busy.store(rows > 1, Ordering::Relaxed);
        let mut batches = vec![jobs];
        while let Some(mut jobs) = batches.pop() {
            let error = match self.operation.flush(&jobs).await {
                Ok(outcomes) => {
                    for (job, outcome) in jobs.into_iter().zip(outcomes) {
                        match outcome {
                            BatchOutcome::Done(outcome) => job.answer(outcome),
                            BatchOutcome::Deferred => job.defer(),
                        }
                    }
                    continue;
                }
                Err(error) => error,
            };
            let is_of_database =
                matches!(error.kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::OutcomeUnknown);
            if is_of_database || jobs.len() == 1 {
                for job in jobs {
                    job.answer(Err(error.duplicate()));
                }
            } else if matches!(error.kind, ErrorKind::Contended | ErrorKind::Canceled) {
                for job in jobs {
                    job.defer();
                }
            } else {
                let later = jobs.split_off(jobs.len() / 2);
                batches.extend([later, jobs]);
            }
        }
        self.metrics.flushed(rows, started.elapsed());
    }
}

impl<O: BatchOperation> Job<O> {
    // A cancelled caller has dropped the receiver.

    fn answer(self, outcome: Result<O::Output>) {
        drop(self.answer.send(Flushed::Done(outcome)));
    }

    fn defer(self) {
        drop(self.answer.send(Flushed::Deferred(self.input)));
    }
}

/// Runs a flusher, and starts it again if it panics: calls of its kind would otherwise be refused until the service is restarted.
async fn supervise<F: Future<Output = ()> + 'static>(start: impl Fn() -> F) {
    while let Err(error) = tokio::task::spawn_local(start()).await {
        if error.is_cancelled() {
            return;
        }
        tracing::error!("batch flusher panicked; its batch was answered as of unknown outcome; restarting it");
    }
}

/// The call was not served and will not be.
fn overloaded() -> Error {
    Error::new(ErrorKind::Unavailable, "The service has more requests than it can serve")
}

fn flusher_panicked() -> Error {
    outcome_unknown().caused_by("a batch flusher panicked")
}
