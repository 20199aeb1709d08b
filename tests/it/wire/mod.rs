//! The wire format: framing, JSON, fields, timestamps, API versions, routes and OpenAPI documents.

mod bodies;
mod documents;
mod fields;
mod fields_by_shape;
mod json;
mod properties;
mod reference;
mod routing;
mod shapes;
mod timestamps;
mod version;
mod version_resolution;
