//! Notes when the answer of a request begins and when it has been produced.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::{Request, Response};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Service;
use actix_web::web::Bytes;

use super::shared::Connection;

/// The most that actix's write buffer receives at once, in bytes. It writes them out before it takes more, so an answer that its client
/// does not read costs no copy of all of it.
const PIECE_BYTES: usize = 64 * 1024;

/// Lets `service` answer `request`; an error becomes a response, so that every response has an [`Answer`] for its body.
pub(in crate::http) fn answer<S>(
    request: Request,
    service: &S,
) -> impl Future<Output = Result<Response<Answer>, actix_web::Error>> + use<S>
where
    S: Service<Request, Response: Into<Response<BoxBody>>, Error = actix_web::Error>,
{
    let connection = request.conn_data::<Rc<Connection>>().map(Rc::clone);
    if let Some(connection) = &connection {
        connection.begin_answer();
    }
    let answering = service.call(request);
    async move {
        let response: Response<BoxBody> = match answering.await {
            Ok(response) => response.into(),
            Err(error) => error.error_response().into(),
        };
        Ok(response.map_body(|_, body| {
            if let (Some(connection), BodySize::Sized(bytes)) = (&connection, body.size()) {
                connection.set_answer_bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
            }
            Answer { body, rest: Bytes::new(), connection }
        }))
    }
}

/// The body of a response. actix drops it when all of the response is in its write buffer.
pub(in crate::http) struct Answer {
    body: BoxBody,
    /// What the body yielded and has not been passed on.
    rest: Bytes,
    /// `None` for a request that came over none of our streams.
    connection: Option<Rc<Connection>>,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => this.rest = bytes,
                other => return other,
            }
        }
        let length = this.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(this.rest.split_to(length))))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.end_answer();
        }
    }
}
