//! Batches: creates and updates in one request.

use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use tokio::sync::mpsc;

use super::answer::{SharedMemory, WireBatchAnswer};
use super::turns::OPERATION;
use crate::api::WireFormat;
use crate::api::batch::{BatchReader, parse_query};
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::Scope;
use crate::domain::idempotency::{Fingerprint, KeyedRequest};
use crate::domain::label::EnumLabel;
use crate::domain::limit::quota::Resource;
use crate::domain::limit::rate_limit::AccessKind;
use crate::domain::profile::batch::{BatchPace, BatchWrite, ProfileBatch};
use crate::domain::{Error, Result};
use crate::http::body::json_body::AnnouncedBody;
use crate::http::handler::{HandlerResult, pairs};
use crate::http::idempotency::replay::IdempotentRequest;
use crate::http::limits::quotas;
use crate::http::middleware::auth::Caller;
use crate::http::request_record::RequestRecord;
use crate::http::service::Service;

/// How many bytes of a body are read before other batches have their turn: about 1 ms.
const BYTES_PER_TURN: usize = 128 * 1024;

/// How many pieces of a body wait for the thread of batches.
const WAITING_PIECES: usize = 4;

pub(in crate::http) async fn batch_user_profiles<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit(OPERATION, Scope::ProfilesWrite)?;
    let is_atomic = parse_query(pairs(&request))?;
    let organization = caller.organization();
    let announced = AnnouncedBody::of(&request, service.batch_body_limits)?;
    let memory = SharedMemory::new(service.batch_memory.take(organization, announced.max_bytes()).await?);
    let (sender, pieces) = mpsc::channel(WAITING_PIECES);
    let reading = read_requests::<F>(Arc::clone(&service), pieces, announced.length());
    let (Requests { custom_ids, writes, now, bytes, digest }, ()) = tokio::try_join!(
        async { Ok(service.batch_thread.run(reading).await?) },
        // The reading ends only after the last piece.
        announced.read(&request, async move |piece| _ = sender.send(piece).await),
    )?;
    // Each costs as much as the single request; one was paid when the request came.
    caller.charge(&service, AccessKind::Write, (1, number(writes.len())))?;
    let creates = number(writes.iter().filter(|write| matches!(write, Ok(BatchWrite::Create(_)))).count());
    let request_id = RequestRecord::of(&request).ok_or_else(|| Error::internal("request record missing"))?.id;
    // Another answer is expected of an atomic batch, so it is another request.
    let version = if is_atomic { format!("{} atomic", F::VERSION.as_str()) } else { F::VERSION.as_str().to_owned() };
    let request = IdempotentRequest::of(&service, &caller, &request, &version, &digest)?;
    let limit = service.batch_body_limits.bytes;
    let answer = WireBatchAnswer::<F>::new(memory.clone(), request_id, is_atomic, custom_ids, bytes, limit);
    let by = caller.key().id;
    let profiles = Arc::clone(&service.ports.profiles);
    let written = async |request: Option<KeyedRequest>| {
        let key = request.as_ref().map(|request| &request.key);
        quotas::admit(&service, &caller, (Resource::Profiles, creates), key).await?;
        let turn = service.batch_turns.take(organization).await?;
        let pace = if turn.is_some() { BatchPace::Shared } else { BatchPace::Fast };
        let batch = ProfileBatch { writes, by, now, pace };
        let batch = async move { profiles.batch(organization, batch, request, Box::new(answer)).await };
        service.batch_thread.run(batch).await
    };
    let (mut response, bytes) = request.answer_bytes(written).await?;
    response.insert_header((CONTENT_TYPE, "application/json"));
    Ok(response.body(memory.answer(bytes)))
}

/// The requests of a batch.
struct Requests {
    custom_ids: Vec<String>,
    /// What each asks for, or what it is refused for.
    writes: Vec<Result<BatchWrite>>,
    /// When the last of them arrived.
    now: Timestamp,
    /// The length of the body, and its hash.
    bytes: usize,
    digest: [u8; 32],
}

/// A number of requests, of which there are 1,000 at most.
fn number(requests: usize) -> u32 {
    u32::try_from(requests).unwrap_or(u32::MAX)
}

/// Reads the body whose `pieces` come, about `length` bytes.
async fn read_requests<F: WireFormat>(
    service: Arc<Service>,
    mut pieces: mpsc::Receiver<Bytes>,
    length: Option<usize>,
) -> Result<Requests> {
    let mut body = Vec::with_capacity(length.unwrap_or_default());
    while let Some(piece) = pieces.recv().await {
        body.extend_from_slice(&piece);
    }
    let (now, bytes, Fingerprint(digest)) = (service.ports.clock.now(), body.len(), Fingerprint::of(&[&body]));
    let mut reader = BatchReader::new(&body)?;
    let (mut custom_ids, mut writes) = (Vec::new(), Vec::new());
    let mut turn_ends = reader.remaining().saturating_sub(BYTES_PER_TURN);
    while let Some(request) = reader.next_request()? {
        writes.push(request.write::<F>(service.body_limits.bytes, &*service.ports.ids, now));
        custom_ids.push(request.custom_id);
        if reader.remaining() < turn_ends {
            turn_ends = reader.remaining().saturating_sub(BYTES_PER_TURN);
            tokio::task::yield_now().await;
        }
    }
    Ok(Requests { custom_ids, writes, now, bytes, digest })
}
