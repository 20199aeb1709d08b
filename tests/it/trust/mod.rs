//! Trust grants and enforcement actions.

mod enforcement;
mod expiry;
mod grants;
mod history;
mod shown;
mod shown_enforcement;
