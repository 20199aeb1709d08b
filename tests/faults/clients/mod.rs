//! Who sends requests: workers that know what has to be there, followers of the events, and a neighbor that floods.
//! May know the findings, the faults' pause and the test support.

pub(crate) mod client;
pub(crate) mod follower;
pub(crate) mod http;
pub(crate) mod model;
pub(crate) mod neighbor;
pub(crate) mod worker;
