//! Where calls of one kind wait to be done together, and who does them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::fair_queue::FairQueue;
use super::metrics::QueueMetrics;
use crate::domain::id::OrganizationId;
use crate::domain::{Error, ErrorKind, Result};

/// How calls are grouped.
#[derive(Clone, Copy, Debug)]
pub struct BatchSettings {
    /// The most calls that one transaction serves.
    pub max_rows: usize,
    /// The most calls of a kind that wait at once.
    pub capacity: usize,
    /// How long a call waits to be taken; longer, and it is refused, undone.
    pub max_wait: Duration,
}

/// Calls of one kind, and how many of them are done together.
pub(in crate::storage) trait BatchOperation: Send + Sync + 'static {
    type Input: Send + Sync;
    type Output: Send;

    /// How many transactions run at once.
    const FLUSHERS: usize;
    /// Whether a call that finds nobody before it may go without the queue.
    const SKIPS_QUEUE: bool;

    /// Does all `jobs`, or none; answers what comes of each.
    fn flush(&self, jobs: &[Job<Self>]) -> impl Future<Output = Result<Vec<Result<Self::Output>>>> + Send;
}

/// Where calls of one kind wait.
pub(in crate::storage) struct BatchQueue<W: BatchOperation> {
    work: W,
    queue: Arc<FairQueue<Job<W>>>,
    /// One for each transaction that may run.
    turns: Semaphore,
    /// Whether the last flush served several calls.
    is_busy: AtomicBool,
    settings: BatchSettings,
    metrics: QueueMetrics,
}

/// A call that waits for its answer.
pub(in crate::storage) struct Job<W: BatchOperation + ?Sized> {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) input: W::Input,
    answer: oneshot::Sender<Result<W::Output>>,
    claim: JobClaim,
}

/// Who decides on a job: whoever claims it first, a flusher that will do it, or the caller who gives it up. So a call that was refused
/// for waiting too long is never done after all.
#[derive(Clone, Default)]
struct JobClaim(Arc<AtomicBool>);

impl JobClaim {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Gives the job up when the caller goes away.
struct AbandonOnDrop(JobClaim);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.take();
    }
}

impl<W: BatchOperation> BatchQueue<W> {
    /// A lane with its flushers.
    pub(in crate::storage) fn start(work: W, settings: BatchSettings, metrics: QueueMetrics) -> Arc<Self> {
        let queue = Arc::new(FairQueue::new(settings.capacity));
        let waiting = Arc::clone(&queue);
        metrics.read_depth(move || waiting.depth());
        let lane = Arc::new(Self {
            work,
            queue,
            turns: Semaphore::new(W::FLUSHERS),
            is_busy: AtomicBool::default(),
            settings,
            metrics,
        });
        for _ in 0..W::FLUSHERS {
            let lane = Arc::clone(&lane);
            tokio::task::spawn_local(async move { lane.run_flusher().await });
        }
        lane
    }

    pub(in crate::storage) async fn call(&self, organization: OrganizationId, input: W::Input) -> Result<W::Output> {
        let (answer, mut answered) = oneshot::channel();
        let claim = JobClaim::default();
        let job = Job { organization, input, answer, claim: claim.clone() };
        if let Some(_turn) = self.try_skip_queue() {
            // Boxed, or the future of each call that waits would have room for it: 7 MB at 256 connections.
            Box::pin(self.flush(vec![job])).await;
            return answered.await.unwrap_or_else(|_| Err(Error::internal("a call without an answer")));
        }
        let _abandon = AbandonOnDrop(claim.clone());
        if let Some(refused) = self.queue.push(organization, job) {
            self.metrics.crowded_out.increment();
            refused.refuse();
        }
        match tokio::time::timeout(self.settings.max_wait, &mut answered).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(Error::internal("a flusher is gone"))),
            Err(_) if claim.take() => {
                self.metrics.waited_too_long.increment();
                Err(overloaded())
            }
            // A flusher has it: what comes of it will be known soon, since a flush has a deadline of its own.
            Err(_) => answered.await.unwrap_or_else(|_| Err(Error::internal("a flusher is gone"))),
        }
    }

    /// Nobody waits, a turn is free, and calls do not come in groups just now: whoever calls does the work itself. To pass it to a
    /// flusher and the answer back would wake two threads, which is a fifth of the time of a create that is alone. (Without the last
    /// condition 256 connections, which also meet an empty queue now and then, made 13 % fewer creates a second.)
    fn try_skip_queue(&self) -> Option<SemaphorePermit<'_>> {
        let is_alone = W::SKIPS_QUEUE && !self.is_busy.load(Ordering::Relaxed) && self.queue.depth() == 0;
        if is_alone { self.turns.try_acquire().ok() } else { None }
    }

    /// What a flusher does all day.
    async fn run_flusher(&self) {
        loop {
            self.queue.filled().await;
            // More gathers while others have their turn.
            let Ok(_turn) = self.turns.acquire().await else { return };
            let mut jobs = self.queue.take(self.settings.max_rows);
            jobs.retain(|job| job.claim.take());
            if !jobs.is_empty() {
                self.flush(jobs).await;
            }
        }
    }

    /// Does all `jobs` at once and answers them. Where one of them breaks a rule of the database, does the halves, each on its own, until
    /// it fails alone; where the database is gone, fails all, once.
    async fn flush(&self, jobs: Vec<Job<W>>) {
        let (rows, taken) = (jobs.len(), Instant::now());
        self.is_busy.store(rows > 1, Ordering::Relaxed);
        let mut groups = vec![jobs];
        while let Some(mut jobs) = groups.pop() {
            match self.work.flush(&jobs).await {
                Ok(outcomes) => {
                    for (job, outcome) in jobs.into_iter().zip(outcomes) {
                        job.answer(outcome);
                    }
                }
                Err(error) if jobs.len() > 1 && !matches!(error.kind, ErrorKind::Unavailable | ErrorKind::TimedOut) => {
                    let later = jobs.split_off(jobs.len() / 2);
                    groups.extend([later, jobs]);
                }
                Err(error) => {
                    for job in jobs {
                        job.answer(Err(error.duplicate()));
                    }
                }
            }
        }
        self.metrics.flushed(rows, taken.elapsed());
    }
}

impl<W: BatchOperation> Job<W> {
    fn refuse(self) {
        self.answer(Err(overloaded()));
    }

    fn answer(self, outcome: Result<W::Output>) {
        // Whoever is gone needs no answer.
        drop(self.answer.send(outcome));
    }
}

/// Not done, and will not be.
fn overloaded() -> Error {
    Error::new(ErrorKind::Unavailable, "The service has more requests than it can serve")
}
