//! Pages for people: server-rendered, without a script, never cached, never framed.
//! May know `http`, `api` and `domain`; nothing of SQL.

mod enrollment;
mod failure;
mod html;
mod openapi_json;
mod origin;
mod reference;
mod routes;
mod schema;

pub use routes::configure;
