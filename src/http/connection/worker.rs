//! What the connections of a worker have in common.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::context::ListenerContext;
use super::table::{Admission, Table};
use crate::http::settings::HttpSettings;

/// The time limits and the connections of one worker.
pub(in crate::http) struct Worker {
    pub(super) context: Arc<ListenerContext>,
    pub(super) limits: HttpSettings,
    table: Rc<Table>,
}

impl Worker {
    /// A worker, for its share of the connections.
    pub(in crate::http) fn new(context: Arc<ListenerContext>, limits: HttpSettings) -> Rc<Self> {
        let table = Rc::new(Table::new(limits.connections_per_worker(), Arc::clone(&context)));
        Rc::new(Self { context, limits, table })
    }

    pub(super) fn admit(&self, address: Option<IpAddr>) -> Option<Admission> {
        self.table.admit(address)
    }
}
