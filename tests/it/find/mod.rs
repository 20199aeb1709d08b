//! Filters of the list of profiles: how they are asked for, what they find, and what a page of them costs.

mod costs;
mod laws;
mod look_ups;
mod pages;
mod parameters;
mod world;
