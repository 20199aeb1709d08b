//! A background job: records that this replica runs, and counts the others, among which rate limits are divided.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::domain::id::ReplicaId;
use crate::domain::repository::ReplicaRepository;

/// The pause between two beats.
const INTERVAL: Duration = Duration::from_secs(3);

/// How long a replica counts after its last beat: three may be lost.
const LIFETIME: Duration = Duration::from_secs(12);

/// Beats until it is stopped or dropped.
pub(super) struct Heartbeat {
    job: JoinHandle<()>,
    replicas: Arc<dyn ReplicaRepository>,
    id: ReplicaId,
}

impl Heartbeat {
    /// Beats once, so that the first request meets the right share, and starts the job. Each beat passes the number of replicas to `set_number`;
    /// while the database does not answer, the last one holds. Must be called within a runtime.
    pub(super) async fn start(
        replicas: Arc<dyn ReplicaRepository>,
        id: ReplicaId,
        set_number: impl Fn(NonZeroU32) + Send + Sync + 'static,
    ) -> Self {
        let mut is_counted = beat(&*replicas, id, &set_number, true).await;
        let beating = Arc::clone(&replicas);
        let job = tokio::spawn(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                is_counted = beat(&*beating, id, &set_number, is_counted).await;
            }
        });
        Self { job, replicas, id }
    }

    /// Stops, and tells the other replicas. If that fails, they notice it after the lifetime of a beat.
    pub(super) async fn stop(self) {
        self.job.abort();
        if let Err(error) = self.replicas.leave(self.id).await {
            tracing::warn!(error.cause = %error, "replica not removed; the others count it for 12 s more");
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.job.abort();
    }
}

/// Beats once; answers whether it succeeded. A failure is logged if the beat before `was_counted`.
async fn beat(
    replicas: &dyn ReplicaRepository,
    id: ReplicaId,
    set_number: &(impl Fn(NonZeroU32) + Sync),
    was_counted: bool,
) -> bool {
    match replicas.beat(id, LIFETIME).await {
        Ok(number) => set_number(number),
        Err(error) => {
            if was_counted {
                tracing::warn!(
                    error.cause = %error,
                    "replica heartbeat failed; rate limits keep the last number of replicas, retrying every 3 s"
                );
            }
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{Error, ErrorKind, Result};

    /// A database that is reachable for the first beat only.
    #[derive(Default)]
    struct Lost(Mutex<u32>);

    #[async_trait]
    impl ReplicaRepository for Lost {
        async fn beat(&self, _: ReplicaId, _: Duration) -> Result<NonZeroU32> {
            let mut beats = self.0.lock().unwrap();
            *beats += 1;
            if *beats == 1 { Ok(NonZeroU32::MAX) } else { Err(Error::new(ErrorKind::Unavailable, "")) }
        }

        async fn leave(&self, _: ReplicaId) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn while_the_database_does_not_answer_the_last_number_of_replicas_holds() {
        let (lost, numbers) = (Lost::default(), Mutex::new(Vec::new()));
        let note = |number| numbers.lock().unwrap().push(number);
        let id = ReplicaId::new(Uuid::nil());
        let beats = [
            beat(&lost, id, &note, true).await,
            beat(&lost, id, &note, true).await,
            beat(&lost, id, &note, false).await,
        ];
        assert_eq!((beats, numbers.into_inner().unwrap()), ([true, false, false], vec![NonZeroU32::MAX]));
    }
}
