//! Bodies that are not read to their end.
//!
//! actix drains the rest of a dropped chunked body without a limit of size or time, and keeps the connection open meanwhile. A body
//! that still exists when the answer has been sent is left unread, and the connection is closed soon after.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};

/// A body that has not been read to its end.
pub(in crate::http) struct UnreadBody(BodyStream<Payload>);

impl UnreadBody {
    /// Moves the body of `request` into its extensions, where it lives until [`UnreadBody::take`] or the end of the request.
    pub(in crate::http) fn park(request: &mut ServiceRequest) {
        let payload = request.take_payload();
        if !matches!(payload, Payload::None) {
            request.extensions_mut().insert(Self(BodyStream::new(payload)));
        }
    }

    /// The body of `request`, if it has one that was not taken.
    pub(in crate::http) fn take(request: &HttpRequest) -> Option<Self> {
        request.extensions_mut().remove()
    }

    /// Puts the body back, to outlive the answer.
    pub(in crate::http) fn give_back(self, request: &HttpRequest) {
        request.extensions_mut().insert(self);
    }

    /// The next chunk; `None` at the end.
    pub(in crate::http) async fn piece(&mut self) -> Option<Result<Bytes, PayloadError>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_next(context)).await
    }

    /// `answer`, which owns the body until it has been sent.
    pub(in crate::http) fn outlive(self, answer: BoxBody) -> BoxBody {
        BoxBody::new(AnswerWithUnreadBody { answer, _unread: self })
    }
}

struct AnswerWithUnreadBody {
    answer: BoxBody,
    _unread: UnreadBody,
}

impl MessageBody for AnswerWithUnreadBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().answer).poll_next(context)
    }
}
