//! Many profiles at once.

mod batch;
mod export;
mod export_csv;
mod export_streams;
mod streams;
