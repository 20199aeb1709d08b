//! API keys: how requests authenticate, how keys are administered, and the cache of found keys.

mod api_key_events;
mod api_keys;
mod authentication;
mod cache;
mod guesses;
