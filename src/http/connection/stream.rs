//! The connection as actix reads and writes it.

use std::io::{Error, ErrorKind, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::Framing;
use super::refusal::Refusal;
use super::shared::Connection;
use super::table::Admission;
use super::wait::{Deadline, Wait};
use super::worker::Worker;

/// How much is read at once of what stands behind a request, or is discarded, in bytes.
const PIECE_BYTES: usize = 4 * 1024;

/// A TCP connection that passes on one request at a time, and ends when its client exceeds a deadline.
pub(in crate::http) struct GuardedStream {
    io: TcpStream,
    worker: Rc<Worker>,
    admission: Admission,
    framing: Framing,
    /// What has been read and stands behind the current request.
    held: Vec<u8>,
    deadline: Deadline,
    is_write_blocked: bool,
    /// No further request is read: the answer came before the end of its request, or a deadline passed.
    is_closing: bool,
    refusal: Option<Refusal>,
}

impl GuardedStream {
    /// Guards `io`; `None` if there are too many connections.
    pub(in crate::http) fn new(io: TcpStream, worker: Rc<Worker>) -> Option<Self> {
        let admission = worker.admit(io.peer_addr().ok().map(|address| address.ip()))?;
        Some(Self {
            deadline: Deadline::of_first_byte(&worker.limits, &admission.connection),
            io,
            worker,
            admission,
            framing: Framing::default(),
            held: Vec::new(),
            is_write_blocked: false,
            is_closing: false,
            refusal: None,
        })
    }

    /// What the requests of this connection share with it.
    pub(in crate::http) fn connection(&self) -> Rc<Connection> {
        Rc::clone(&self.admission.connection)
    }

    fn check_evicted(&self) -> Result<()> {
        if self.admission.connection.is_evicted() { Err(ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    fn current_wait(&self) -> Wait {
        if self.is_closing || self.refusal.is_some() {
            Wait::Close
        } else if self.is_write_blocked {
            Wait::Reader
        } else if self.framing.is_between_requests() {
            if self.admission.connection.has_served() { Wait::Idle } else { Wait::First }
        } else if self.framing.is_within_head() {
            Wait::Head
        } else if self.framing.is_within_body() {
            Wait::Body
        } else {
            Wait::Service
        }
    }

    /// Whether the deadline of what the connection waits for has passed. If not, its task will be woken when it has.
    fn has_expired(&mut self, context: &mut Context<'_>) -> bool {
        let (before, wait) = (self.deadline.wait(), self.current_wait());
        let has_passed = self.deadline.has_passed(wait, &self.worker.limits, &self.admission.connection, context);
        match (before == Wait::Reader, wait == Wait::Reader) {
            (false, true) => self.admission.set_unread(self.admission.connection.answer_bytes()),
            (true, false) => self.admission.set_unread(0),
            _ => {}
        }
        has_passed
    }

    /// Nothing can be read now.
    fn pause(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.has_expired(context) {
            return Poll::Pending;
        }
        match self.deadline.wait() {
            Wait::First | Wait::Idle => {
                self.worker.context.connections.idle.inc();
                self.is_closing = true;
                // The end of what can be read: actix closes the connection.
                Poll::Ready(Ok(()))
            }
            Wait::Head => {
                self.worker.context.connections.slow_head.inc();
                self.refuse(StatusCode::REQUEST_TIMEOUT);
                self.poll_refusal(context).map(Ok)
            }
            Wait::Body | Wait::Reader => Poll::Ready(Err(self.expiry())),
            Wait::Close | Wait::Service => Poll::Ready(Ok(())),
        }
    }

    /// The error that ends a connection after its deadline.
    fn expiry(&self) -> Error {
        match self.deadline.wait() {
            Wait::Body => _ = self.worker.context.connections.slow_body.inc(),
            Wait::Reader => _ = self.worker.context.connections.slow_reader.inc(),
            _ => {}
        }
        ErrorKind::TimedOut.into()
    }

    /// Reads into `buffer`, up to the end of the current request.
    fn poll_request(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        if !self.held.is_empty() {
            let length = self.held.len().min(buffer.remaining());
            let passed = self.framing.pass(&self.held[..length]);
            buffer.put_slice(&self.held[..passed]);
            self.held.drain(..passed);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        let read = &buffer.filled()[before..];
        let passed = self.framing.pass(read);
        if passed < read.len() {
            self.held.extend_from_slice(&read[passed..]);
            buffer.set_filled(before + passed);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what stands behind the current request, as far as that is needed to notice that the client has gone. Ready at the end of
    /// what the client sends.
    fn poll_behind(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.held.is_empty() {
            let mut piece = [MaybeUninit::uninit(); PIECE_BYTES];
            let mut piece = ReadBuf::uninit(&mut piece);
            ready!(Pin::new(&mut self.io).poll_read(context, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.held.extend_from_slice(piece.filled());
        }
        Poll::Pending
    }

    /// Reads and discards. Ready at the end of what the client sends.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.held = Vec::new();
        loop {
            let mut piece = [MaybeUninit::uninit(); PIECE_BYTES];
            let mut piece = ReadBuf::uninit(&mut piece);
            match Pin::new(&mut self.io).poll_read(context, &mut piece) {
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn refuse(&mut self, status: StatusCode) {
        self.refusal = Some(Refusal::new(&self.worker.context, status));
    }

    /// Sends the refusal, ends the sending half, and discards what the client still sends. Ready when all of this is done, or has failed.
    fn poll_refusal(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.poll_refusal_steps(context).is_ready() || self.has_expired(context) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn poll_refusal_steps(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Some(refusal) = self.refusal.as_mut().filter(|refusal| !refusal.unsent().is_empty()) {
            match ready!(Pin::new(&mut self.io).poll_write(context, refusal.unsent())) {
                Ok(length @ 1..) => refusal.note_sent(length),
                Ok(0) | Err(_) => return Poll::Ready(()),
            }
        }
        if ready!(Pin::new(&mut self.io).poll_shutdown(context)).is_err() {
            return Poll::Ready(());
        }
        self.poll_discard(context)
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        this.check_evicted()?;
        if this.refusal.is_some() {
            return this.poll_refusal(context).map(Ok);
        }
        let read = if this.is_closing {
            this.poll_discard(context).map(Ok)
        } else if this.framing.is_at_end() {
            this.poll_behind(context)
        } else if this.framing.is_body_broken() {
            // actix would answer twice: for the handler, and for the chunk. The handler's answer to an incomplete body is enough.
            Poll::Ready(Ok(()))
        } else {
            this.poll_request(context, buffer)
        };
        if this.framing.is_head_too_large() {
            this.worker.context.connections.slow_head.inc();
            this.refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
            return this.poll_refusal(context).map(Ok);
        }
        if read.is_pending() { this.pause(context) } else { read }
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        this.check_evicted()?;
        if this.refusal.is_none() && !this.admission.connection.is_answering() {
            // No handler has this request: actix refuses it, with an answer that has no body and no request id.
            this.refuse(status(bytes));
        }
        if this.refusal.is_some() {
            ready!(this.poll_refusal(context));
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        if written.is_pending() {
            this.is_write_blocked = true;
            if this.has_expired(context) {
                return Poll::Ready(Err(this.expiry()));
            }
        }
        written
    }

    /// actix flushes when its write buffer is empty.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        this.check_evicted()?;
        this.is_write_blocked = false;
        if this.admission.connection.take_sent_answer() {
            if this.framing.is_at_end() {
                this.framing.next();
                if !this.held.is_empty() {
                    context.waker().wake_by_ref();
                }
            } else {
                this.is_closing = true;
            }
        }
        if this.refusal.is_none() && this.has_expired(context) {
            return Poll::Ready(Err(this.expiry()));
        }
        Pin::new(&mut this.io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        this.check_evicted()?;
        if this.refusal.is_some() {
            return this.poll_refusal(context).map(Ok);
        }
        ready!(Pin::new(&mut this.io).poll_shutdown(context))?;
        // Unread bytes would make the system reset the connection, and the client lose its answer.
        let is_behind = this.is_closing || !this.held.is_empty() || !this.framing.is_between_requests();
        this.is_closing = true;
        if is_behind && this.poll_discard(context).is_pending() && !this.has_expired(context) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

/// The status of an answer of actix.
fn status(answer: &[u8]) -> StatusCode {
    let status = answer.get("HTTP/1.1 ".len()..).and_then(|rest| rest.get(..3));
    status.and_then(|status| StatusCode::from_bytes(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
