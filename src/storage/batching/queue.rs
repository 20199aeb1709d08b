//! The queue of one kind of call, and the flushers that serve it in batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::fair_queue::FairQueue;
use super::metrics::QueueMetrics;
use crate::domain::id::OrganizationId;
use crate::domain::{Error, ErrorKind, Result};

/// The limits of a batch queue.
#[derive(Clone, Copy, Debug)]
pub struct BatchSettings {
    /// The most calls that one transaction serves.
    pub max_rows: usize,
    /// The most calls of a kind that wait at once.
    pub capacity: usize,
    /// How long a call waits for a flusher before it is refused, with nothing done.
    pub max_wait: Duration,
}

/// A kind of call that is served in batches.
pub(super) trait BatchOperation: Send + Sync + 'static {
    type Input: Send + Sync;
    type Output: Send;

    /// How many transactions run at once.
    const FLUSHERS: usize;
    /// Whether a call that finds the queue empty may skip it.
    const SKIPS_QUEUE: bool;

    /// Serves all `jobs` in one transaction and answers the outcome of each; an error means that none was served.
    fn flush(&self, jobs: &[Job<Self>]) -> impl Future<Output = Result<Vec<Result<Self::Output>>>> + Send;
}

/// The queue.
pub(super) struct BatchQueue<O: BatchOperation> {
    operation: O,
    queue: Arc<FairQueue<Job<O>>>,
    /// One for each transaction that may run.
    permits: Semaphore,
    /// Whether the last flush served several calls.
    is_busy: AtomicBool,
    settings: BatchSettings,
    metrics: QueueMetrics,
}

/// A call that waits for its answer.
pub(super) struct Job<O: BatchOperation + ?Sized> {
    pub(super) organization: OrganizationId,
    pub(super) input: O::Input,
    answer: oneshot::Sender<Result<O::Output>>,
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
        let queue = Arc::new(FairQueue::new(settings.capacity));
        let waiting = Arc::clone(&queue);
        metrics.read_depth(move || waiting.depth());
        let batch_queue = Arc::new(Self {
            operation,
            queue,
            permits: Semaphore::new(O::FLUSHERS),
            is_busy: AtomicBool::default(),
            settings,
            metrics,
        });
        for _ in 0..O::FLUSHERS {
            let batch_queue = Arc::clone(&batch_queue);
            tokio::task::spawn_local(async move { batch_queue.run_flusher().await });
        }
        batch_queue
    }

    /// Queues a call and waits for its outcome.
    ///
    /// # Errors
    /// Those of the operation; `Unavailable` if the queue is full, or no flusher took the call within the maximum wait.
    pub(super) async fn call(&self, organization: OrganizationId, input: O::Input) -> Result<O::Output> {
        let (answer, mut answered) = oneshot::channel();
        let claim = JobClaim::default();
        let job = Job { organization, input, answer, claim: claim.clone() };
        if let Some(_permit) = self.try_skip_queue() {
            // Boxed, or the future of each waiting call would be large enough for it: 7 MB at 256 connections.
            Box::pin(self.flush(vec![job])).await;
            return answered.await.unwrap_or_else(|_| Err(Error::internal("a call was not answered")));
        }
        let _abandon = AbandonOnDrop(claim.clone());
        if let Some(refused) = self.queue.push(organization, job) {
            self.metrics.refused_full.inc();
            refused.answer(Err(overloaded()));
        }
        match tokio::time::timeout(self.settings.max_wait, &mut answered).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(Error::internal("a flusher has ended"))),
            Err(_) if claim.take() => {
                self.metrics.refused_waited.inc();
                Err(overloaded())
            }
            // A flusher serves it, and a flush has a deadline of its own.
            Err(_) => answered.await.unwrap_or_else(|_| Err(Error::internal("a flusher has ended"))),
        }
    }

    /// A permit, if the queue is empty, a transaction may run, and the last flush served a single call: the caller then flushes its own
    /// call. To wake a flusher and be woken by it takes a fifth of the time of a lone create. (Without the last condition 256 connections,
    /// which sometimes find the queue empty too, made 13 % fewer creates a second.)
    fn try_skip_queue(&self) -> Option<SemaphorePermit<'_>> {
        let is_alone = O::SKIPS_QUEUE && !self.is_busy.load(Ordering::Relaxed) && self.queue.depth() == 0;
        if is_alone { self.permits.try_acquire().ok() } else { None }
    }

    async fn run_flusher(&self) {
        loop {
            self.queue.filled().await;
            // Calls gather while other transactions run.
            let Ok(_permit) = self.permits.acquire().await else { return };
            let mut jobs = self.queue.take(self.settings.max_rows);
            jobs.retain(|job| job.claim.take());
            if !jobs.is_empty() {
                self.flush(jobs).await;
            }
        }
    }

    /// Flushes `jobs` and answers them. A batch that the database refuses is halved until the broken row fails alone; if the database is
    /// unavailable or too slow, all fail at once.
    async fn flush(&self, jobs: Vec<Job<O>>) {
        let (rows, started) = (jobs.len(), Instant::now());
        self.is_busy.store(rows > 1, Ordering::Relaxed);
        let mut batches = vec![jobs];
        while let Some(mut jobs) = batches.pop() {
            match self.operation.flush(&jobs).await {
                Ok(outcomes) => {
                    for (job, outcome) in jobs.into_iter().zip(outcomes) {
                        job.answer(outcome);
                    }
                }
                Err(error) if jobs.len() > 1 && !matches!(error.kind, ErrorKind::Unavailable | ErrorKind::TimedOut) => {
                    let later = jobs.split_off(jobs.len() / 2);
                    batches.extend([later, jobs]);
                }
                Err(error) => {
                    for job in jobs {
                        job.answer(Err(error.duplicate()));
                    }
                }
            }
        }
        self.metrics.flushed(rows, started.elapsed());
    }
}

impl<O: BatchOperation> Job<O> {
    fn answer(self, outcome: Result<O::Output>) {
        // A cancelled caller has dropped the receiver.
        drop(self.answer.send(outcome));
    }
}

/// The call was not served and will not be.
fn overloaded() -> Error {
    Error::new(ErrorKind::Unavailable, "The service has more requests than it can serve")
}
