//! Pages for people: server-rendered, without a script, never cached, never framed.
//! May know `http`, `api` and `domain`; nothing of SQL.

mod enrollment;
mod failure;
mod html;
mod invitation;
mod openapi_json;
mod origin;
mod reference;
mod reference_html;
mod routes;
mod schema;
mod sheet;

pub use routes::configure;
