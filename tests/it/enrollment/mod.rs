//! Enrollment links, their pages and their form.

mod links;
mod pages;
mod submission;
