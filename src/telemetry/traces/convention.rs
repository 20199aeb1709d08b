//! Gives spans, by their names, the kinds and attributes that the semantic conventions of OpenTelemetry ask for. Fields of the spans would
//! be in each line of the log as well.

use opentelemetry::trace::{SpanBuilder, SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span};

use crate::spans::{REQUEST, WEBHOOK_ATTEMPT, port_method};

/// A tracer that adds them.
#[derive(Clone, Debug)]
pub(super) struct ConventionTracer(pub(super) SdkTracer);

impl Tracer for ConventionTracer {
    type Span = Span;

    fn build_with_context(&self, mut builder: SpanBuilder, parent: &Context) -> Span {
        match &*builder.name {
            REQUEST => builder.span_kind = Some(SpanKind::Server),
            WEBHOOK_ATTEMPT => builder.span_kind = Some(SpanKind::Client),
            // A child of a span that is not sampled is not either, and its attributes would be thrown away.
            _ if parent.span().span_context().is_sampled() => add_database(&mut builder),
            _ => {}
        }
        self.0.build_with_context(builder, parent)
    }
}

/// A port method is one transaction: its span is that of a client of Postgres. There are no statements in it, and so no parameters.
fn add_database(builder: &mut SpanBuilder) {
    let Some((table, method)) = port_method(&builder.name) else { return };
    let attributes = [
        KeyValue::new("db.system.name", "postgresql"),
        KeyValue::new("db.collection.name", table),
        KeyValue::new("db.operation.name", method.to_owned()),
    ];
    builder.span_kind = Some(SpanKind::Client);
    builder.attributes.get_or_insert_default().extend(attributes);
}
