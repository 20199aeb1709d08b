//! The answer to a batch: its results in the shape of the request, within the memory of the batch.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

use super::memory::{ANSWER_BYTES, MemoryPermit};
use crate::api::WireFormat;
use crate::api::batch::{BatchAnswerText, refusal};
use crate::domain::error::reason;
use crate::domain::id::RequestId;
use crate::domain::profile::Profile;
use crate::domain::profile::batch::BatchAnswer;
use crate::domain::{Error, Result};
use crate::http::error::HttpError;

/// The memory of a batch, shared by its handler and its answer.
#[derive(Clone)]
pub(super) struct SharedMemory(Arc<Mutex<MemoryPermit>>);

/// The answer to a batch in the shape `F`.
pub(super) struct WireBatchAnswer<F> {
    memory: SharedMemory,
    request_id: RequestId,
    is_atomic: bool,
    /// Of the requests, in their order.
    custom_ids: std::vec::IntoIter<String>,
    added: usize,
    text: BatchAnswerText,
    /// The requests that were refused, of an atomic batch.
    refused: Vec<(usize, String, Error)>,
    /// The most bytes of the answer, and of the texts that are read for it.
    limit: usize,
    /// How many bytes of it, and of those texts, memory has been taken for.
    covered: usize,
    covered_read: usize,
    /// How many bytes of texts have been read.
    read: usize,
    shape: std::marker::PhantomData<fn() -> F>,
}

/// A whole answer, with the memory that it holds until it is sent.
pub(super) struct HeldAnswer {
    bytes: Bytes,
    _memory: SharedMemory,
}

impl SharedMemory {
    pub(super) fn new(permit: MemoryPermit) -> Self {
        Self(Arc::new(Mutex::new(permit)))
    }

    /// `bytes`, which are all that is left of the batch.
    pub(super) fn answer(self, bytes: Vec<u8>) -> HeldAnswer {
        self.with(|permit| permit.shrink_to(bytes.capacity()));
        HeldAnswer { bytes: bytes.into(), _memory: self }
    }

    fn with<T>(&self, change: impl FnOnce(&mut MemoryPermit) -> T) -> T {
        // A permit is consistent whenever its lock is released, also by a panic.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: WireFormat> WireBatchAnswer<F> {
    /// The answer to requests with `custom_ids`, whose body had `body_bytes` of at most `max_body_bytes`.
    pub(super) fn new(
        memory: SharedMemory,
        request_id: RequestId,
        is_atomic: bool,
        custom_ids: Vec<String>,
        body_bytes: usize,
        max_body_bytes: usize,
    ) -> Self {
        let more = custom_ids.len() * ANSWER_BYTES;
        Self {
            memory,
            request_id,
            is_atomic,
            limit: max_body_bytes + more,
            covered: body_bytes + more,
            covered_read: body_bytes,
            custom_ids: custom_ids.into_iter(),
            added: 0,
            text: BatchAnswerText::begin(0, 0, 0),
            refused: Vec::new(),
            read: 0,
            shape: std::marker::PhantomData,
        }
    }

    fn check(&self, bytes: usize) -> Result<()> {
        if bytes <= self.limit {
            return Ok(());
        }
        let about = format!("The answer would have more than {} bytes: send fewer requests at once", self.limit);
        Err(Error::invalid_field("requests", reason("too_large", about)))
    }
}

impl<F: WireFormat> BatchAnswer for WireBatchAnswer<F> {
    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.read = self.read.saturating_add(bytes);
        self.check(self.read)?;
        // For the texts themselves, and for the answer with them.
        if let Some(more) = self.read.checked_sub(self.covered_read) {
            self.memory.with(|permit| permit.extend(2 * more))?;
            self.covered_read = self.read;
            self.covered += more;
        }
        Ok(())
    }

    fn cover(&mut self, bytes: usize) -> Result<()> {
        self.check(bytes)?;
        if let Some(more) = bytes.checked_sub(self.covered) {
            self.memory.with(|permit| permit.extend(more))?;
            self.covered = bytes;
        }
        Ok(())
    }

    fn begin(&mut self, results: &[Result<Profile>]) {
        let errored = results.iter().filter(|result| result.is_err()).count();
        let texts: usize = results.iter().flatten().map(Profile::written_bytes).sum();
        let capacity = texts + results.len() * ANSWER_BYTES;
        self.text = BatchAnswerText::begin(results.len() - errored, errored, capacity.min(self.limit));
    }

    fn add(&mut self, result: Result<Profile>) -> Result<()> {
        let custom_id = self.custom_ids.next().ok_or_else(|| Error::internal("a result without a request"))?;
        let index = self.added;
        self.added += 1;
        match result {
            Ok(profile) => self.text.add_profile::<F>(&custom_id, profile)?,
            Err(error) if self.is_atomic => {
                if error.is_fault() {
                    return Err(error);
                }
                self.refused.push((index, custom_id, error));
            }
            Err(error) => {
                let error = HttpError::from(error);
                error.log(self.request_id);
                let (kind, message) = error.in_batch();
                self.text.add_error(&custom_id, kind, message)?;
            }
        }
        self.cover(self.text.length())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>> {
        if self.refused.is_empty() { Ok(self.text.finish()) } else { Err(refusal(&self.refused)) }
    }
}

impl MessageBody for HeldAnswer {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<std::result::Result<Bytes, Self::Error>>> {
        let bytes = std::mem::take(&mut self.bytes);
        std::task::Poll::Ready(if bytes.is_empty() { None } else { Some(Ok(bytes)) })
    }
}
