//! Which external ids have a profile already.

use std::collections::HashMap;

use serde::Deserialize;

use super::batch::Batch;
use crate::cli::bulk::failure::ServiceFailure;
use crate::cli::bulk::service::BulkService;
use crate::cli::bulk::shape::ReferenceIdFilter;
use crate::cli::client::base_url::percent_encoded;
use crate::cli::client::filter::{Parameters, named};

/// The most external ids of one request: a list has as many filters.
const MAX_IDS: usize = 100;

/// The most bytes of the external ids of one request: a head has up to 32 KiB.
const MAX_ID_BYTES: usize = 16 * 1024;

/// The profiles of each external id.
pub(super) type Existing = HashMap<String, Vec<String>>;

#[derive(Deserialize)]
struct Page {
    data: Vec<Found>,
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    id: String,
    external_id: Option<String>,
    external_user_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    reference_id: Option<String>,
}

/// Looks up the external ids of the lines of `batch`.
///
/// # Errors
/// The service refuses it, or is not reached for too long.
pub(super) fn look_up(service: &BulkService, batch: &Batch) -> Result<Existing, ServiceFailure> {
    let name = batch.version.visit(ReferenceIdFilter);
    let (mut existing, mut ids, mut bytes) = (Existing::new(), Vec::new(), 0);
    let mut all =
        batch.lines.iter().filter_map(|line| line.external_id.as_ref()).filter(|id| is_possible(id)).peekable();
    while let Some(id) = all.next() {
        bytes += percent_encoded(id).len();
        ids.push(id.clone());
        if ids.len() == MAX_IDS || bytes > MAX_ID_BYTES || all.peek().is_none() {
            let mut query = named(name, ids.drain(..));
            query.push(("limit".to_owned(), MAX_IDS.to_string()));
            read_pages(service, batch, &query, &mut existing)?;
            bytes = 0;
        }
    }
    Ok(existing)
}

/// Whether a profile may have `id`. The service refuses the line, as it would refuse the look-up.
fn is_possible(id: &str) -> bool {
    let characters = id.chars().count();
    (1..=255).contains(&characters) && !id.contains('\0')
}

fn read_pages(
    service: &BulkService,
    batch: &Batch,
    first: &Parameters,
    existing: &mut Existing,
) -> Result<(), ServiceFailure> {
    let mut page: Page = service.list(batch.version, first)?;
    loop {
        for found in page.data {
            let id = found.external_id.or(found.external_user_details.and_then(|details| details.reference_id));
            existing.entry(id.unwrap_or_default()).or_default().push(found.id);
        }
        let Some(next) = page.next_page else { return Ok(()) };
        let query: Parameters = first.iter().cloned().chain([("page".to_owned(), next)]).collect();
        page = service.list(batch.version, &query)?;
    }
}
