//! `POST /v1/user_profiles/batch`: creates and updates in one request, each with the body of its version.
//! May know what its parent may.

mod answer;
mod envelope;
mod parameters;
mod raw;
mod raw_request;
mod schema;
mod write;

pub use answer::{BatchAnswerText, refusal};
pub use envelope::BatchReader;
pub use parameters::parse_query;
pub use raw_request::BatchRequest;
pub(in crate::api) use schema::{answer_schema, example, requests_schema};
