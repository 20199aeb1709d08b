//! Pages for people: what an enrollment link opens, and the API reference. Their templates are in `templates/`.
//! May know `http`, `api` and `domain`; nothing of SQL.

mod assets;
mod enrollment;
mod failure;
mod html;
mod invitation;
mod origin;
mod reference;
mod routes;
mod sheet;

pub use routes::configure;
