//! User profiles: create, update, delete, and lists.

mod concurrency;
mod create;
mod cursors;
mod data_controls;
mod delete;
mod details;
mod history;
mod ids;
mod list;
mod list_by_enforcement_status;
mod list_by_name;
mod metadata;
mod revisions;
mod tenancy;
mod update;
