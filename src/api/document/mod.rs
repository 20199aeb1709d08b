//! The OpenAPI 3.1 documents, made from the types that read and write the wire.
//! May know what its parent may.

mod answers;
mod api_keys;
mod component;
mod examples;
mod openapi;
mod operation;
mod operations;
mod operator;
mod operator_operation;
mod parameters;
mod trust;
mod trust_examples;
mod webhooks;

pub use openapi::{ApiDocument, document, document_text};
