//! The connections of a worker: how many there may be, and which are closed for a new one.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::context::ListenerContext;
use super::shared::Connection;
use crate::http::limits::network::client;

/// This part of the connections is closed at once, so that a flood of new ones does not look through all of them each time.
const EVICTED_PART: usize = 64;

/// What unread answers may take in memory, per worker, in bytes. An answer counts from when its client does not read on.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;

/// The open connections of one worker.
pub(super) struct Table {
    capacity: usize,
    open: RefCell<Vec<Rc<Connection>>>,
    /// Those of them that have been evicted and still exist.
    leaving: Cell<usize>,
    /// The bytes of unread answers.
    unread: Cell<usize>,
    context: Arc<ListenerContext>,
}

/// A connection in the table, until this is dropped.
pub(super) struct Admission {
    pub(super) connection: Rc<Connection>,
    table: Rc<Table>,
}

impl Admission {
    /// Notes that the client has stopped to read an answer of `bytes`, or with 0 that it has read on.
    pub(super) fn set_unread(&self, bytes: usize) {
        self.table.count_unread(&self.connection, bytes);
        if self.table.unread.get() > MAX_UNREAD_BYTES {
            self.table.evict_readers();
        }
    }
}

impl Table {
    pub(super) fn new(capacity: usize, context: Arc<ListenerContext>) -> Self {
        Self { capacity, open: RefCell::default(), leaving: Cell::new(0), unread: Cell::new(0), context }
    }

    /// Takes in a new connection, for which waiting ones are closed if the table is full; `None` if there are none that may be.
    pub(super) fn admit(self: &Rc<Self>, address: Option<IpAddr>) -> Option<Admission> {
        if self.is_full() {
            self.evict_for(address);
        }
        if self.is_full() {
            self.context.connections.count_refused();
            return None;
        }
        let connection = Rc::new(Connection::new(address));
        let mut open = self.open.borrow_mut();
        connection.index.set(open.len());
        open.push(Rc::clone(&connection));
        self.context.connections.open.fetch_add(1, Ordering::Relaxed);
        Some(Admission { connection, table: Rc::clone(self) })
    }

    fn is_full(&self) -> bool {
        self.open.borrow().len() - self.leaving.get() >= self.capacity
    }

    /// Closes waiting connections: of the client that has most connections, before their first answer, and those that have waited
    /// longest, in this order of importance. A client that has fewer connections than the newcomer's loses none to it.
    fn evict_for(&self, newcomer: Option<IpAddr>) {
        let open = self.open.borrow();
        let mut numbers: HashMap<_, usize> = HashMap::new();
        for connection in &*open {
            *numbers.entry(connection.address.map(client)).or_default() += 1;
        }
        let number_of = |address: Option<IpAddr>| numbers.get(&address.map(client)).copied().unwrap_or_default();
        let fewest = number_of(newcomer);
        let rank = |connection: &Connection| {
            let number = number_of(connection.address);
            let since = connection.waits_since().filter(|_| number >= fewest && !connection.is_evicted())?;
            Some((Reverse(number), connection.has_served(), since))
        };
        let mut waiting: Vec<_> = open.iter().filter_map(|connection| Some((rank(connection)?, connection))).collect();
        let number = waiting.len().min(self.capacity.div_ceil(EVICTED_PART));
        if number == 0 {
            return;
        }
        waiting.select_nth_unstable_by_key(number - 1, |(rank, _)| *rank);
        for (_, connection) in &waiting[..number] {
            self.leave(connection);
        }
    }

    fn count_unread(&self, connection: &Connection, bytes: usize) {
        let before = connection.unread_bytes.replace(bytes);
        self.unread.update(|unread| unread - before + bytes);
    }

    /// Closes connections whose clients do not read: of the client with most unread bytes, those that have waited longest.
    fn evict_readers(&self) {
        let open = self.open.borrow();
        let mut totals: HashMap<_, usize> = HashMap::new();
        for connection in open.iter().filter(|connection| connection.unread_bytes.get() > 0) {
            *totals.entry(connection.address.map(client)).or_default() += connection.unread_bytes.get();
        }
        let Some((greatest, _)) = totals.into_iter().max_by_key(|(_, bytes)| *bytes) else { return };
        let theirs = open.iter().filter(|open| open.unread_bytes.get() > 0 && open.address.map(client) == greatest);
        let mut theirs: Vec<_> = theirs.collect();
        theirs.sort_unstable_by_key(|connection| connection.waits_since());
        for connection in theirs {
            if self.unread.get() <= MAX_UNREAD_BYTES {
                return;
            }
            self.count_unread(connection, 0);
            self.leave(connection);
        }
    }

    fn leave(&self, connection: &Connection) {
        connection.evict();
        self.leaving.update(|leaving| leaving + 1);
        self.context.connections.count_evicted();
    }

    fn remove(&self, connection: &Connection) {
        self.count_unread(connection, 0);
        let mut open = self.open.borrow_mut();
        let index = connection.index.get();
        open.swap_remove(index);
        if let Some(moved) = open.get(index) {
            moved.index.set(index);
        }
        if connection.is_evicted() {
            self.leaving.update(|leaving| leaving - 1);
        }
        self.context.connections.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.table.remove(&self.connection);
    }
}
