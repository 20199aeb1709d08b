//! An export that goes on after a cut, until its last line has come.

use std::io::{self, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use ureq::Body;

use super::items::{Item, Items};
use super::lines::Lines;
use super::rows::Rows;
use crate::api::ApiVersion;
use crate::api::export::ExportFormat;
use crate::cli::bulk::progress::{Progress, rate};
use crate::cli::bulk::service::{BulkService, PROFILES};
use crate::cli::client::filter::Parameters;
use crate::cli::client::message::one_line;
use crate::cli::client::transport::retry;
use crate::cli::error::CliError;

/// How much is received at once, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// How many pieces may wait for the output.
const PIECES: usize = 4;

/// How often an export begins anew without a profile in between.
const MAX_CUTS: u32 = 8;

/// What is exported.
pub(super) struct ExportRequest {
    pub(super) version: ApiVersion,
    pub(super) format: ExportFormat,
    pub(super) filters: Parameters,
    /// The most profiles.
    pub(super) limit: Option<u64>,
    /// How long a connection may be silent.
    pub(super) timeout: Duration,
}

/// Where an export stands.
#[derive(Default)]
struct Position {
    count: u64,
    last_id: Option<String>,
    page: Option<String>,
}

/// Why an answer ended.
enum Ending {
    /// With its trailer, of which this is the next page.
    Complete(Option<String>),
    /// Before: the next answer goes on after the last whole line.
    Cut(io::Error),
    /// The output takes no more.
    Output(io::Error),
}

/// Writes the export to `output`, and returns the number of its profiles.
///
/// # Errors
/// The service refuses it, is not reached for too long, or the output cannot be written.
pub(super) fn download(
    service: &BulkService,
    request: &ExportRequest,
    output: &mut impl Write,
    progress: &Progress,
) -> Result<u64, CliError> {
    let mut position = Position::default();
    let (mut cuts, mut has_begun) = (0, false);
    loop {
        let before = position.count;
        let body = service.stream(
            request.version,
            &format!("{PROFILES}/export"),
            &query(request, &position),
            accept(request),
        )?;
        let mut items = match items(request.format, received(body, request.timeout)) {
            Ok(items) => items,
            Err(error) => {
                pause_after(&error, &mut cuts, progress)?;
                continue;
            }
        };
        if !has_begun {
            output.write_all(&items.begin()?)?;
            has_begun = true;
        }
        match transfer(items.as_mut(), output, &mut position, progress) {
            Ending::Complete(next) => {
                let is_all = request.limit.is_some_and(|limit| position.count >= limit);
                if next.is_none() || is_all {
                    output.write_all(&items.end(position.count, next.as_deref())?)?;
                    return Ok(position.count);
                }
                // The service stops: another process goes on.
                position.page = next;
            }
            Ending::Cut(error) => {
                if position.count > before {
                    cuts = 0;
                }
                pause_after(&error, &mut cuts, progress)?;
            }
            Ending::Output(error) => return Err(error.into()),
        }
    }
}

fn accept(request: &ExportRequest) -> &'static str {
    request.format.media_type()
}

fn query(request: &ExportRequest, position: &Position) -> Parameters {
    let mut query = request.filters.clone();
    let limit = request.limit.map(|limit| limit - position.count);
    query.extend(limit.map(|limit| ("limit".to_owned(), limit.to_string())));
    match (&position.page, &position.last_id) {
        (Some(page), _) => query.push(("page".to_owned(), page.clone())),
        (None, Some(id)) => query.push(("after_id".to_owned(), id.clone())),
        (None, None) => {}
    }
    query
}

fn items(format: ExportFormat, input: BufReader<Received>) -> io::Result<Box<dyn Items>> {
    Ok(match format {
        ExportFormat::Ndjson => Box::new(Lines::new(input)),
        ExportFormat::Csv => Box::new(Rows::new(input)?),
    })
}

/// Writes the profiles of one answer.
fn transfer(items: &mut dyn Items, output: &mut impl Write, position: &mut Position, progress: &Progress) -> Ending {
    let before = position.count;
    loop {
        match items.next() {
            Ok(Item::Profile { id, bytes }) => {
                if let Err(error) = output.write_all(bytes) {
                    return Ending::Output(error);
                }
                position.count += 1;
                position.last_id = Some(id);
                position.page = None;
                progress.show(|| {
                    let count = position.count;
                    format!("{count} profiles, {}/s", rate(count, progress.elapsed()))
                });
            }
            Ok(Item::Trailer { count, next_page }) if count == position.count - before => {
                return Ending::Complete(next_page);
            }
            Ok(Item::Trailer { .. }) => {
                return Ending::Cut(io::Error::other("the trailer counts other profiles than came"));
            }
            Err(error) => return Ending::Cut(error),
        }
    }
}

/// Waits before the export goes on after a cut.
fn pause_after(error: &io::Error, cuts: &mut u32, progress: &Progress) -> Result<(), CliError> {
    if *cuts >= MAX_CUTS {
        return Err(format!("the export is cut again and again ({})", one_line(&error.to_string())).into());
    }
    let pause = retry::pause(*cuts, None, 0);
    progress.note(&format!(
        "the export was cut ({}); going on in {} ms",
        one_line(&error.to_string()),
        pause.as_millis()
    ));
    retry::sleep(pause);
    *cuts += 1;
    Ok(())
}

/// The bytes of an answer, which a thread of its own receives: a connection that has gone silent would otherwise be read for ever.
struct Received {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    timeout: Duration,
}

fn received(body: Body, timeout: Duration) -> BufReader<Received> {
    let (sender, pieces) = sync_channel(PIECES);
    thread::spawn(move || {
        let mut reader = body.into_with_config().limit(u64::MAX).reader();
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let read = reader.read(&mut piece).map(|length| {
                piece.truncate(length);
                piece
            });
            let is_last = read.as_ref().map_or(true, Vec::is_empty);
            if sender.send(read).is_err() || is_last {
                return;
            }
        }
    });
    BufReader::with_capacity(PIECE_BYTES, Received { pieces, piece: io::Cursor::default(), timeout })
}

impl Read for Received {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.piece.read(buffer)?;
        if length > 0 || buffer.is_empty() {
            return Ok(length);
        }
        match self.pieces.recv_timeout(self.timeout) {
            Ok(piece) => self.piece = io::Cursor::new(piece?),
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => return Ok(0),
        }
        self.piece.read(buffer)
    }
}
