//! Trust grants and enforcement actions.

mod enforcement;
mod expiry;
mod grants;
mod shown;
