//! Bodies that nobody has read to their end, while the answer is on its way.
//!
//! A chunked body that is dropped actix reads on, without a limit of size or time, and the connection stays open meanwhile. One that
//! still lives when the answer is out it leaves unread, and hangs up soon after.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};

/// A body that is still to be read, or that was not read to its end.
pub(in crate::http) struct UnreadBody(BodyStream<Payload>);

impl UnreadBody {
    /// Moves the body of `request` to where [`UnreadBodyBody::take`] finds it, and where it lives if nobody asks for it.
    pub(in crate::http) fn park(request: &mut ServiceRequest) {
        let payload = request.take_payload();
        if !matches!(payload, Payload::None) {
            request.extensions_mut().insert(Self(BodyStream::new(payload)));
        }
    }

    /// The body of `request`, if it has one and nobody has taken it.
    pub(in crate::http) fn take(request: &HttpRequest) -> Option<Self> {
        request.extensions_mut().remove()
    }

    /// Gives back what will not be read to its end.
    pub(in crate::http) fn give_back(self, request: &HttpRequest) {
        request.extensions_mut().insert(self);
    }

    /// The next piece; `None` at the end.
    pub(in crate::http) async fn piece(&mut self) -> Option<Result<Bytes, PayloadError>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_next(context)).await
    }

    /// `answer`, with which this lives on until the answer is out.
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
