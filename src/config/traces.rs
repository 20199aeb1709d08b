//! Settings of traces: the standard variables of OpenTelemetry, with their standard meanings.
//!
//! A table, and not fields with attributes: the code that clap derives for each field, in three verbs, made every binary 60 kB larger.

mod variables;

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use self::variables::{
    ATTRIBUTES, BATCH, COMPRESSION, DELAY, DISABLED, ENDPOINT, EXPORT_TIMEOUT, EXPORTER, HEADERS, HEADING, PROTOCOL,
    QUEUE, SAMPLER, SAMPLER_ARG, SERVICE_NAME, TIMEOUT, TRACES_COMPRESSION, TRACES_ENDPOINT, TRACES_HEADERS,
    TRACES_PROTOCOL, TRACES_TIMEOUT, VARIABLES, Variable,
};
use super::values::service_url;

/// What is appended to the endpoint of all signals.
const TRACES_PATH: &str = "v1/traces";

/// Which traces are exported, and where to.
#[derive(Clone)]
pub struct TraceArgs(BTreeMap<&'static str, SecretString>);

/// The standard samplers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum TraceSampler {
    AlwaysOn,
    AlwaysOff,
    TraceIdRatio,
    ParentBasedAlwaysOn,
    ParentBasedAlwaysOff,
    ParentBasedTraceIdRatio,
}

/// How traces are exported.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Where to.
    pub endpoint: Url,
    /// Headers of each export.
    pub headers: Vec<(String, SecretString)>,
    /// Whether exports are compressed by gzip.
    pub gzip: bool,
    /// The timeout of an export.
    pub timeout: Duration,
    /// Which traces are exported.
    pub sampler: TraceSampler,
    /// The part of traces of a sampler by ratio, from 0 to 1.
    pub ratio: f64,
    /// The name of this service, if it has one of its own.
    pub service_name: Option<String>,
    /// Further attributes of this service.
    pub attributes: Vec<(String, String)>,
    /// The most spans that wait for an export.
    pub queue: usize,
    /// The most spans of an export.
    pub batch: usize,
    /// The longest time between two exports.
    pub delay: Duration,
}

impl fmt::Debug for TraceArgs {
    /// Headers may hold keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TraceArgs(..)")
    }
}

impl Args for TraceArgs {
    fn augment_args(command: Command) -> Command {
        command.next_help_heading(HEADING).args(VARIABLES.iter().map(Variable::argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TraceArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |name| matches.get_one::<String>(name).map(|value| (name, SecretString::from(value.as_str())));
        Ok(Self(VARIABLES.iter().filter_map(|variable| value(variable.name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl TraceArgs {
    /// How traces are exported; `None` if they are not.
    ///
    /// # Errors
    /// A value is invalid; the message names its variable, and shows no header.
    pub fn settings(&self) -> Result<Option<TraceSettings>, String> {
        let own_or_of_all = |own, all| if self.text(own).is_some() { own } else { all };
        let of_all_signals = || Ok::<_, String>(self.parsed(ENDPOINT, endpoint)?.map(|url| below(url, TRACES_PATH)));
        let url = self.parsed(TRACES_ENDPOINT, endpoint)?.map_or_else(of_all_signals, |url| Ok(Some(url)))?;
        let is_off = self.needed(DISABLED, |text| one_of(text, &[("true", true), ("false", false)]))?
            || self.needed(EXPORTER, |text| one_of(text, &[("none", true), ("otlp", false)]))?;
        let Some(endpoint) = url.filter(|_| !is_off) else { return Ok(None) };
        self.needed(own_or_of_all(TRACES_PROTOCOL, PROTOCOL), |text| one_of(text, &[("http/protobuf", ())]))?;
        let compression = own_or_of_all(TRACES_COMPRESSION, COMPRESSION);
        let headers = self.parsed(own_or_of_all(TRACES_HEADERS, HEADERS), pairs)?.unwrap_or_default();
        let timeout = self.needed(own_or_of_all(TRACES_TIMEOUT, TIMEOUT), milliseconds)?;
        let queue = self.needed(QUEUE, number)?;
        Ok(Some(TraceSettings {
            endpoint,
            headers: headers.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect(),
            gzip: self.needed(compression, |text| one_of(text, &[("gzip", true), ("none", false)]))?,
            timeout: timeout.min(self.needed(EXPORT_TIMEOUT, milliseconds)?),
            sampler: self.needed(SAMPLER, |text| one_of(text, &SAMPLERS))?,
            ratio: self.needed(SAMPLER_ARG, ratio)?,
            service_name: self.text(SERVICE_NAME).map(ToOwned::to_owned),
            attributes: self.parsed(ATTRIBUTES, pairs)?.unwrap_or_default(),
            queue,
            batch: self.needed(BATCH, number)?.min(queue),
            delay: self.needed(DELAY, milliseconds)?,
        }))
    }

    fn text(&self, [name, _]: [&'static str; 2]) -> Option<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret)
    }

    /// The value of a variable, if it has one.
    fn parsed<T>(
        &self,
        variable: [&'static str; 2],
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let parsed = self.text(variable).map(|text| parse(text.trim())).transpose();
        parsed.map_err(|reason| format!("{}: {reason}", variable[0]))
    }

    /// The value of a variable that has a default.
    fn needed<T>(
        &self,
        variable: [&'static str; 2],
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        self.parsed(variable, parse)?.ok_or_else(|| format!("{}: has no value", variable[0]))
    }
}

const SAMPLERS: [(&str, TraceSampler); 6] = [
    ("always_on", TraceSampler::AlwaysOn),
    ("always_off", TraceSampler::AlwaysOff),
    ("traceidratio", TraceSampler::TraceIdRatio),
    ("parentbased_always_on", TraceSampler::ParentBasedAlwaysOn),
    ("parentbased_always_off", TraceSampler::ParentBasedAlwaysOff),
    ("parentbased_traceidratio", TraceSampler::ParentBasedTraceIdRatio),
];

/// What `text` stands for among the known `values`.
fn one_of<T: Copy>(text: &str, values: &[(&str, T)]) -> Result<T, String> {
    let found = values.iter().find(|(known, _)| text.eq_ignore_ascii_case(known));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<_> = values.iter().map(|(known, _)| *known).collect();
        format!("expected one of {}", known.join(", "))
    })
}

/// An endpoint: an http or https URL without a password, which would not be hidden.
fn endpoint(text: &str) -> Result<Url, String> {
    service_url(text).map_err(|reason| format!("the URL {reason}: give one such as http://collector:4318"))
}

/// `path` below that of `url`.
fn below(mut url: Url, path: &str) -> Url {
    let whole = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}

/// A positive number of milliseconds, as the standard has durations.
fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(count @ 1..) => Ok(Duration::from_millis(count.into())),
        _ => Err("expected a number of milliseconds, without a unit".to_owned()),
    }
}

fn number(text: &str) -> Result<usize, String> {
    let number = NonZeroUsize::from_str(text).map(NonZeroUsize::get);
    number.map_err(|_| "expected a number above 0".to_owned())
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

/// The pairs of a list. The reason shows none: they may be headers.
fn pairs(list: &str) -> Result<Vec<(String, String)>, String> {
    let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &str| {
        let (key, value) = item.split_once('=').filter(|(key, _)| !key.trim().is_empty())?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((key.trim().to_owned(), value.into_owned()))
    };
    let pairs: Option<_> = items.map(pair).collect();
    pairs.ok_or_else(|| "expected NAME=VALUE with percent-encoded values, separated by commas".to_owned())
}

#[cfg(test)]
mod tests;
