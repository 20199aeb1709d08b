//! Sends a batch: looks up its external ids, and reads its results.

use std::collections::HashMap;
use std::io::Write;

use clap::ValueEnum;
use serde::Deserialize;

use super::batch::Batch;
use super::key::ImportIdentity;
use super::lookup::{Existing, look_up};
use super::read::line::Rejection;
use super::state::Counts;
use crate::cli::bulk::failure::ServiceFailure;
use crate::cli::bulk::service::BulkService;

/// What is done with a line whose external id has a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OnExisting {
    /// Nothing
    Skip,
    /// The profile gets the fields of the line
    Update,
    /// The line becomes another profile; external ids are not looked up
    Create,
}

impl OnExisting {
    /// Its name among the options of an import.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Update => "update",
            Self::Create => "create",
        }
    }
}

/// Sends batches.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) service: BulkService,
    pub(super) identity: ImportIdentity,
    pub(super) on_existing: OnExisting,
    /// Whether idempotency keys of an earlier run may have expired: what cannot be looked up is not sent.
    pub(super) is_late: bool,
}

/// What became of a batch.
#[derive(Debug)]
pub(super) struct BatchOutcome {
    pub(super) index: u64,
    pub(super) counts: Counts,
    pub(super) rejected: Vec<Rejection>,
}

/// What is done with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Create,
    Update(String),
    Skip,
    Reject(String),
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<NamedResult>,
}

#[derive(Deserialize)]
struct NamedResult {
    custom_id: String,
    result: LineResult,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum LineResult {
    Succeeded {},
    Errored { error: LineError },
}

#[derive(Deserialize)]
struct LineError {
    message: String,
}

impl Sender {
    /// Sends `batch`, once whatever happens: its key is that of its lines.
    ///
    /// # Errors
    /// The service refuses it, or is not reached for too long.
    pub(super) fn send(&self, batch: Batch) -> Result<BatchOutcome, ServiceFailure> {
        let existing = match self.on_existing {
            OnExisting::Create => Existing::new(),
            OnExisting::Skip | OnExisting::Update => look_up(&self.service, &batch)?,
        };
        let actions: Vec<_> =
            batch.lines.iter().map(|line| self.action(line.external_id.as_deref(), &existing)).collect();
        match self.results(&batch, &actions) {
            Ok(results) => Ok(outcome(batch, actions, results)),
            Err(failure) if is_key_used(&failure) => self.earlier_outcome(batch),
            Err(failure) => Err(failure),
        }
    }

    fn action(&self, external_id: Option<&str>, existing: &Existing) -> Action {
        let found = external_id.and_then(|id| existing.get(id));
        match (found.map(Vec::as_slice), self.on_existing) {
            (Some([id]), OnExisting::Update) => Action::Update(id.clone()),
            (Some(several), OnExisting::Update) => {
                Action::Reject(format!("{} profiles have this external id: none was updated", several.len()))
            }
            (Some(_), _) => Action::Skip,
            (None, _) if self.is_late && external_id.is_none() => {
                let reason = "The import was interrupted more than 23 hours ago, and the line has no external id to look up: it may have been imported";
                Action::Reject(reason.to_owned())
            }
            (None, _) => Action::Create,
        }
    }

    /// The results of the lines that are created or updated, by their numbers.
    fn results(&self, batch: &Batch, actions: &[Action]) -> Result<HashMap<u64, LineResult>, ServiceFailure> {
        let Some(body) = body(batch, actions) else { return Ok(HashMap::new()) };
        let answer: Answer = self.service.post_batch(batch.version, &self.identity.key(batch), &body)?;
        Ok(answer.results.into_iter().filter_map(|named| Some((named.custom_id.parse().ok()?, named.result))).collect())
    }

    /// The outcome of a batch that an earlier run sent with other requests, because it found other profiles. Most probably it found none, and
    /// its answer is replayed. The key is taken, so nothing is done now.
    fn earlier_outcome(&self, batch: Batch) -> Result<BatchOutcome, ServiceFailure> {
        let creates = vec![Action::Create; batch.lines.len()];
        match self.results(&batch, &creates) {
            Ok(results) => return Ok(outcome(batch, creates, results)),
            Err(failure) if is_key_used(&failure) => {}
            Err(failure) => return Err(failure),
        }
        let existing = look_up(&self.service, &batch)?;
        let unknown =
            "An interrupted run sent this line, and its outcome is not known: look whether the profile is there";
        let action = |external_id: Option<&String>| match external_id.and_then(|id| existing.get(id)) {
            Some(_) => Action::Skip,
            None => Action::Reject(unknown.to_owned()),
        };
        let actions = batch.lines.iter().map(|line| action(line.external_id.as_ref())).collect();
        Ok(outcome(batch, actions, HashMap::new()))
    }
}

/// Whether the service has done a request under the same key: another one (400), or one whose answer was erased with a profile that it showed
/// (409). Other refusals with these statuses, such as that of a quota, do not name the key.
fn is_key_used(failure: &ServiceFailure) -> bool {
    matches!(failure, ServiceFailure::Refused { status: 400 | 409, message } if message.starts_with("idempotency-key:"))
}

/// The body of the request; `None` if there is nothing to do.
fn body(batch: &Batch, actions: &[Action]) -> Option<Vec<u8>> {
    let mut body = br#"{"requests":["#.to_vec();
    let empty = body.len();
    for (line, action) in batch.lines.iter().zip(actions) {
        let profile = match action {
            Action::Create => String::new(),
            // An id is letters and digits.
            Action::Update(id) => format!(r#""user_profile_id":"{id}","#),
            Action::Skip | Action::Reject(_) => continue,
        };
        if body.len() > empty {
            body.push(b',');
        }
        // A vector takes everything.
        let _ = write!(body, r#"{{"custom_id":"{}",{profile}"params":"#, line.number);
        body.extend_from_slice(&line.params);
        body.push(b'}');
    }
    let is_empty = body.len() == empty;
    body.extend_from_slice(b"]}");
    (!is_empty).then_some(body)
}

fn outcome(batch: Batch, actions: Vec<Action>, mut results: HashMap<u64, LineResult>) -> BatchOutcome {
    let (mut counts, mut rejected) = (Counts::default(), batch.rejected);
    for (line, action) in batch.lines.into_iter().zip(actions) {
        let count = match action {
            Action::Create => &mut counts.created,
            Action::Update(_) => &mut counts.updated,
            Action::Skip => {
                counts.skipped += 1;
                continue;
            }
            Action::Reject(reason) => {
                rejected.push(line.into_rejection(reason));
                continue;
            }
        };
        match results.remove(&line.number) {
            Some(LineResult::Succeeded {}) => *count += 1,
            Some(LineResult::Errored { error }) => rejected.push(line.into_rejection(error.message)),
            None => rejected.push(line.into_rejection("The service has not answered for this line")),
        }
    }
    rejected.sort_unstable_by_key(|rejection| rejection.number);
    counts.rejected = u64::try_from(rejected.len()).unwrap_or(u64::MAX);
    BatchOutcome { index: batch.index, counts, rejected }
}
