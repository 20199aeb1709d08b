//! Events: the list, and clients that follow it.

mod follow;
mod list;
