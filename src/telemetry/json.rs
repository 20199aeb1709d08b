//! Log lines as JSON objects, one a line: `timestamp`, `level`, `message` and the other fields of the event, `target`, and `spans` from the
//! outermost to the innermost, each with its fields and its `name`.
//!
//! Ours because each request writes a line: with the formatter of `tracing-subscriber`, which passes every field through serde and the
//! fields of a span through a map as well, a retrieve executed 7 % more instructions (docs/decisions/0019-own-json-lines.md).

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The line of an error that ends the process, in the form of the log's lines: it is written whatever the filter says.
#[must_use]
pub fn fatal_line(message: &str) -> String {
    let mut line = String::new();
    let mut writer = Writer::new(&mut line);
    // Writing to a string cannot fail.
    let _ = writer
        .write_str("{\"timestamp\":\"")
        .and_then(|()| SystemTime.format_time(&mut writer))
        .and_then(|()| writer.write_str("\",\"level\":\"ERROR\",\"message\":"))
        .and_then(|()| write_string(&mut writer, message))
        .and_then(|()| writer.write_str(",\"target\":\"uprof\"}"));
    line
}

/// Formats events.
pub(super) struct JsonLines;

/// Formats the fields of spans: members of an object, without its braces.
pub(super) struct JsonMembers;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        writer.write_str("\",\"level\":\"")?;
        writer.write_str(event.metadata().level().as_str())?;
        writer.write_char('"')?;
        let mut members = Members::after_another(&mut writer);
        event.record(&mut members);
        members.result?;
        writer.write_str(",\"target\":")?;
        write_string(&mut writer, event.metadata().target())?;
        if let Some(scope) = context.event_scope() {
            writer.write_str(",\"spans\":[")?;
            for (index, span) in scope.from_root().enumerate() {
                writer.write_str(if index == 0 { "{" } else { ",{" })?;
                let extensions = span.extensions();
                if let Some(fields) = extensions.get::<FormattedFields<N>>().filter(|fields| !fields.is_empty()) {
                    writer.write_str(fields)?;
                    writer.write_char(',')?;
                }
                writer.write_str("\"name\":")?;
                write_string(&mut writer, span.name())?;
                writer.write_char('}')?;
            }
            writer.write_char(']')?;
        }
        writer.write_str("}\n")
    }
}

impl<'w> FormatFields<'w> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut members = Members { writer: &mut writer, is_first: true, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &tracing::span::Record<'_>) -> fmt::Result {
        let is_first = current.is_empty();
        let mut writer = current.as_writer();
        let mut members = Members { writer: &mut writer, is_first, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }
}

/// Writes fields as members of an object.
struct Members<'a, 'w> {
    writer: &'a mut Writer<'w>,
    is_first: bool,
    result: fmt::Result,
}

impl<'a, 'w> Members<'a, 'w> {
    const fn after_another(writer: &'a mut Writer<'w>) -> Self {
        Self { writer, is_first: false, result: Ok(()) }
    }

    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'w>) -> fmt::Result) {
        if self.result.is_ok() {
            self.result = self.member(field, value);
        }
    }

    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'w>) -> fmt::Result) -> fmt::Result {
        if !std::mem::take(&mut self.is_first) {
            self.writer.write_char(',')?;
        }
        write_string(self.writer, field.name())?;
        self.writer.write_char(':')?;
        value(self.writer)
    }
}

impl Visit for Members<'_, '_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, |writer| write!(writer, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, |writer| write_string(writer, value));
    }

    /// As a string: JSON has no other form for what a type prints.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, |writer| {
            writer.write_char('"')?;
            write!(Escaped(writer), "{value:?}")?;
            writer.write_char('"')
        });
    }
}

fn write_string(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    writer.write_char('"')?;
    Escaped(writer).write_str(text)?;
    writer.write_char('"')
}

/// Escapes what RFC 8259 does not allow in a string.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        // Bytes, not characters: all of these are ASCII.
        while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (plain, special) = rest.split_at(at);
            self.0.write_str(plain)?;
            match special.as_bytes()[0] {
                b'"' => self.0.write_str("\\\"")?,
                b'\\' => self.0.write_str("\\\\")?,
                control => write!(self.0, "\\u{control:04x}")?,
            }
            rest = &special[1..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `log` writes, parsed.
    fn lines(log: impl FnOnce()) -> Vec<Value> {
        let buffer = Buffer::default();
        let written = buffer.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(JsonLines)
            .fmt_fields(JsonMembers)
            .with_writer(move || buffer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_has_the_fields_of_its_event_and_of_the_spans_around_it() {
        let lines = lines(|| {
            let outer = tracing::info_span!("outer", request.id = %"req_1", operation = tracing::field::Empty);
            let _outer = outer.enter();
            outer.record("operation", "list");
            let _inner = tracing::info_span!("inner").entered();
            tracing::warn!(
                count = 3_u64,
                delta = -1,
                is_new = true,
                none = Option::<u64>::None,
                text = "a\"b",
                "it {}",
                "went"
            );
        });
        let [mut line] = <[Value; 1]>::try_from(lines).unwrap();
        let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(timestamp.as_str().is_some_and(|time| time.ends_with('Z')), "{timestamp}");
        let expected = json!({
            "level": "WARN", "message": "it went", "count": 3, "delta": -1, "is_new": true, "text": "a\"b",
            "target": module_path!(),
            "spans": [{"request.id": "req_1", "operation": "list", "name": "outer"}, {"name": "inner"}],
        });
        assert_eq!(line, expected);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was_written(text in any::<String>(), printed in any::<String>()) {
            let lines = lines(|| tracing::info!(text, printed = ?printed, "{text}"));
            prop_assert_eq!(&lines[0]["text"], &json!(text));
            prop_assert_eq!(&lines[0]["message"], &json!(text));
            prop_assert_eq!(&lines[0]["printed"], &json!(format!("{printed:?}")));
        }
    }
}
