//! The text format of Prometheus.

use std::fmt::{Display, Write};

/// The text so far.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
    name: &'static str,
}

impl Exposition {
    /// What follows belongs to the metric `name`.
    pub(super) fn begin(&mut self, name: &'static str, kind: &str, about: &str) {
        self.name = name;
        self.line(format_args!("# HELP {name} {about}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// One number of the metric.
    pub(super) fn sample(&mut self, series: &[(&str, &str)], value: &dyn Display) {
        self.part("", series, value);
    }

    /// One number of several that a metric consists of, told apart by a `suffix` of the name.
    pub(super) fn part(&mut self, suffix: &str, series: &[(&str, &str)], value: &dyn Display) {
        self.text.push_str(self.name);
        self.text.push_str(suffix);
        for (at, (label, label_value)) in series.iter().enumerate() {
            self.text.push(if at == 0 { '{' } else { ',' });
            // Values are literals of this source, without anything that would have to be escaped.
            self.text.push_str(label);
            self.text.push_str("=\"");
            self.text.push_str(label_value);
            self.text.push('"');
        }
        if !series.is_empty() {
            self.text.push('}');
        }
        self.line(format_args!(" {value}"));
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A string takes whatever is written to it.
        let _ = writeln!(self.text, "{line}");
    }
}
