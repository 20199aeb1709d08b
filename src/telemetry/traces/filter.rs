//! Which spans are exported: those of requests and of webhook attempts, and what happens within them. Events are in the log only.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{DynFilterFn, dynamic_filter_fn};
use tracing_subscriber::layer::Context;

use crate::spans::{PROBES, REQUEST, WEBHOOK_ATTEMPT};

type Enabled = fn(&Metadata<'_>, &Context<'_, Registry>) -> bool;
type Interested = fn(&'static Metadata<'static>) -> Interest;

/// The filter.
pub(super) fn exported_spans() -> DynFilterFn<Registry, Enabled, Interested> {
    dynamic_filter_fn(is_exported as Enabled)
        .with_callsite_filter(interest as Interested)
        .with_max_level_hint(LevelFilter::DEBUG)
}

fn interest(metadata: &'static Metadata<'static>) -> Interest {
    if is_ours(metadata) { Interest::sometimes() } else { Interest::never() }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("uprof") && metadata.target() != PROBES
}

/// Port methods are also called by background jobs, once a second and more, whose traces nobody would look for.
fn is_exported(metadata: &Metadata<'_>, context: &Context<'_, Registry>) -> bool {
    let is_root = [REQUEST, WEBHOOK_ATTEMPT].contains(&metadata.name());
    is_ours(metadata) && (is_root || context.lookup_current().is_some())
}
