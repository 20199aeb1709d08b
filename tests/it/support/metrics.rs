//! What a service has counted, read as Prometheus reads it: text in any other format fails the test.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::app::TestApp;

/// The numbers of one moment, each by its name and labels as they are written: `uprof_queue_depth{kind="create"}`.
#[derive(Debug)]
pub(crate) struct Metrics(BTreeMap<String, f64>);

impl TestApp {
    /// What the service has counted so far.
    pub(crate) fn metrics(&self) -> Metrics {
        Metrics::read(&self.registry.text())
    }
}

impl Metrics {
    /// Reads `text` and holds it against the text format, version 0.0.4: every sample belongs to the metric that was announced before
    /// it, nothing comes twice, and histograms add up.
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
        let announced = Regex::new(&format!("^# (HELP|TYPE) ({name}) (.+)$")).unwrap();
        let label = r#"[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*""#;
        let sample = Regex::new(&format!(r"^({name})(\{{{label}(?:,{label})*\}})? ([0-9.e+-]+)$")).unwrap();
        let (mut metric, mut kind, mut seen) = ("", "", BTreeSet::new());
        let mut samples = BTreeMap::new();
        for line in text.lines() {
            if let Some(found) = announced.captures(line) {
                let (_, [what, name, said]) = found.extract();
                assert!(seen.insert((what, name)), "{line} comes twice");
                if what == "TYPE" {
                    assert_eq!(metric, name);
                    assert!(["counter", "gauge", "histogram"].contains(&said), "{line}");
                    assert_eq!(said == "counter", name.ends_with("_total"), "{line}");
                    kind = said;
                }
                metric = name;
                continue;
            }
            let found = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
            let suffix = found[1].strip_prefix(metric).unwrap_or_else(|| panic!("{line} is no sample of {metric}"));
            let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
            let series = format!("{}{}", &found[1], found.get(2).map_or("", |labels| labels.as_str()));
            assert!(samples.insert(series, found[3].parse().unwrap()).is_none(), "{line} comes twice");
        }
        let metrics = Self(samples);
        metrics.check_histograms(text);
        metrics
    }

    /// The number of one series; 0 while there is none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole and not negative")]
    pub(crate) fn count(&self, series: &str) -> u64 {
        self.0.get(series).copied().unwrap_or_default() as u64
    }

    /// The series whose names start so.
    pub(crate) fn named(&self, start: &str) -> Vec<&str> {
        self.0.keys().map(String::as_str).filter(|series| series.starts_with(start)).collect()
    }

    /// A bucket holds what all before it hold, and the last one everything.
    fn check_histograms(&self, text: &str) {
        let mut last = 0.0;
        for line in text.lines().filter(|line| line.contains("_bucket{")) {
            let (series, count) = line.rsplit_once(' ').unwrap();
            let count: f64 = count.parse().unwrap();
            let (bucket, bound) = series.split_once("le=\"").unwrap();
            assert!(count >= last, "{line}");
            last = count;
            if bound == "+Inf\"}" {
                let labels = bucket.replace("_bucket{", "_count{");
                let whole = match labels.strip_suffix(',') {
                    Some(labels) => format!("{labels}}}"),
                    None => labels.replace('{', ""),
                };
                assert!((self.0[&whole] - count).abs() < 0.5, "{line}");
                last = 0.0;
            }
        }
    }
}
