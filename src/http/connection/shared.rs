//! What the stream, the requests and the table know of a connection.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::task::{Context, Waker};
use std::time::Instant;

/// How far the answer of the current request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// No request has reached a handler.
    None,
    /// A handler works on it, or its body is being produced.
    Begun,
    /// All of it is in actix's write buffer.
    Produced,
}

/// A connection, on the thread of its worker.
pub(in crate::http) struct Connection {
    pub(super) address: Option<IpAddr>,
    /// Where it stands in the table.
    pub(super) index: Cell<usize>,
    progress: Cell<Progress>,
    waits_since: Cell<Option<Instant>>,
    has_served: Cell<bool>,
    /// The size of the answer, in bytes, until all of it is in actix's write buffer.
    answer_bytes: Cell<usize>,
    /// What the table counts of it as unread.
    pub(super) unread_bytes: Cell<usize>,
    is_evicted: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Connection {
    pub(super) fn new(address: Option<IpAddr>) -> Self {
        Self {
            address,
            index: Cell::new(0),
            progress: Cell::new(Progress::None),
            waits_since: Cell::new(None),
            has_served: Cell::new(false),
            answer_bytes: Cell::new(0),
            unread_bytes: Cell::new(0),
            is_evicted: Cell::new(false),
            waker: RefCell::new(None),
        }
    }

    /// A request has reached the service.
    pub(super) fn begin_answer(&self) {
        self.progress.set(Progress::Begun);
    }

    /// The body of its answer has so many bytes.
    pub(super) fn set_answer_bytes(&self, bytes: usize) {
        self.answer_bytes.set(bytes);
    }

    /// Its answer is complete, in actix's write buffer.
    pub(super) fn end_answer(&self) {
        self.answer_bytes.set(0);
        self.progress.set(Progress::Produced);
    }

    /// The bytes that the answer takes in memory, beside actix's write buffer.
    pub(super) fn answer_bytes(&self) -> usize {
        self.answer_bytes.get()
    }

    /// Whether a request is being answered.
    pub(super) fn is_answering(&self) -> bool {
        self.progress.get() != Progress::None
    }

    /// Whether the answer was complete, now that actix's write buffer is empty. Says so once.
    pub(super) fn take_sent_answer(&self) -> bool {
        let is_sent = self.progress.get() == Progress::Produced;
        if is_sent {
            self.progress.set(Progress::None);
            self.has_served.set(true);
        }
        is_sent
    }

    /// Whether a request has been answered.
    pub(super) fn has_served(&self) -> bool {
        self.has_served.get()
    }

    /// Since when the service waits for the client; `None` while it works for it.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.waits_since.get()
    }

    pub(super) fn set_waits_since(&self, since: Option<Instant>) {
        self.waits_since.set(since);
    }

    /// Notes the task to wake on an eviction.
    pub(super) fn note_task(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }

    /// Ends the connection when its task runs next.
    pub(super) fn evict(&self) {
        self.is_evicted.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    pub(super) fn is_evicted(&self) -> bool {
        self.is_evicted.get()
    }
}
