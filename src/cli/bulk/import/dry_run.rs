//! `--dry-run`: reads every line as the service would, and sends nothing.

use std::io;

use super::batch::Batches;
use super::read::line::{Line, Rejection};
use super::rejections::Rejections;
use super::state::Counts;
use crate::api::{VersionVisitor, WireFormat, profile_body};
use crate::cli::bulk::progress::Progress;
use crate::domain::Error;
use crate::domain::clock::Timestamp;

/// Reads the body of a create.
struct ReadCreate<'l> {
    params: &'l [u8],
    now: Timestamp,
}

impl VersionVisitor for ReadCreate<'_> {
    type Output = Result<(), Error>;

    fn visit<F: WireFormat>(self) -> Result<(), Error> {
        profile_body::parse::<F::CreateProfile>(self.params, F::VERSION, self.now).map(drop)
    }
}

/// Validates all lines. Those that are right count as created.
///
/// # Errors
/// The file cannot be read, or the rejected lines cannot be written.
pub(super) fn validate(
    mut batches: Batches,
    rejections: &mut Rejections,
    now: Timestamp,
    progress: &Progress,
) -> io::Result<Counts> {
    let mut counts = Counts::default();
    while let Some(batch) = batches.next()? {
        let mut rejected = batch.rejected;
        for line in batch.lines {
            match reason(&line, now) {
                None => counts.created += 1,
                Some(reason) => rejected.push(line.into_rejection(reason)),
            }
        }
        rejected.sort_unstable_by_key(|rejection: &Rejection| rejection.number);
        counts.rejected += u64::try_from(rejected.len()).unwrap_or(u64::MAX);
        rejections.add(&rejected, progress)?;
    }
    Ok(counts)
}

/// Why the service would refuse `line`.
fn reason(line: &Line, now: Timestamp) -> Option<String> {
    let read = line.version.visit(ReadCreate { params: &line.params, now });
    read.err().map(|error| error.message.into_owned())
}
