//! Connections: their deadlines, their number, and one request at a time.
//! May know what its parent may, and the crates beneath actix-web.
//!
//! actix 4 leaves a connection to its client: after the first request nothing limits how long a head may take, nothing limits how long an
//! answer waits to be read, and pipelined requests are executed whether or not their answers are read. So actix reads and writes through
//! a [`stream::GuardedStream`], which knows where a request ends, holds back what stands behind it until its answer has been sent, and
//! has a deadline whenever the service waits for the client. A [`table::Table`] bounds the number of connections, and closes those that
//! wait when there are too many. The response of each request is an [`answer::Answer`], which notes when it has been produced.

mod alarm;
mod answer;
mod chunks;
mod context;
mod framing;
mod metrics;
mod refusal;
mod shared;
mod stream;
mod table;
mod wait;
mod worker;

pub(super) use answer::answer;
pub(super) use context::ListenerContext;
pub(super) use metrics::ConnectionMetrics;
pub(super) use stream::GuardedStream;
pub(super) use worker::Worker;
