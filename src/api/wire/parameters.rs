//! Query strings: the parameters of a list, and every violation of them.

use std::collections::BTreeMap;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::scalars::unknown_label;
use super::timestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{Id, IdKind};
use crate::domain::label::EnumLabel;
use crate::domain::page::PageLimit;
use crate::domain::{Error, Result};

/// The parameters that were sent, and their violations.
#[derive(Debug)]
pub(in crate::api) struct Parameters {
    sent: BTreeMap<&'static str, Vec<String>>,
    violations: ValidationErrors,
}

impl Parameters {
    /// Those of `pairs` that are `known`; others are ignored.
    pub(in crate::api) fn new(known: &[&'static str], pairs: Vec<(String, String)>) -> Self {
        let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in pairs {
            let bare = without_index(&name);
            if let Some(known) = known.iter().copied().find(|known| *known == bare) {
                let values = sent.entry(known).or_default();
                // The PHP client sends each parameter of the first page again with each page that follows.
                values.retain(|earlier| *earlier != value);
                values.push(value);
            }
        }
        Self { sent, violations: ValidationErrors::new() }
    }

    /// A parameter that has one value; it may be sent again with the same value.
    pub(in crate::api) fn one<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, ValidationError>,
    ) -> Option<T> {
        let parsed = match self.sent.get(name)?.as_slice() {
            [text] => parse(text),
            _ => Err(reason("repeated", "Parameter was sent with different values")),
        };
        parsed.map_err(|violation| self.violations.add(name, violation)).ok()
    }

    /// A parameter of which the value that was sent last counts.
    pub(in crate::api) fn last<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, ValidationError>,
    ) -> Option<T> {
        let parsed = parse(self.sent.get(name)?.last()?);
        parsed.map_err(|violation| self.violations.add(name, violation)).ok()
    }

    /// A parameter that may be repeated, each time with a label of `T`.
    pub(in crate::api) fn labels<T: EnumLabel>(&mut self, name: &'static str) -> Vec<T> {
        let sent = self.sent.get(name).map(Vec::as_slice).unwrap_or_default();
        let parsed = sent.iter().map(|text| label(text)).collect::<std::result::Result<_, _>>();
        parsed.map_err(|violation| self.violations.add(name, violation)).unwrap_or_default()
    }

    /// Refuses `name`, if it was sent, for `violation`.
    pub(in crate::api) fn refuse(&mut self, name: &'static str, violation: ValidationError) {
        if self.sent.contains_key(name) {
            self.violations.add(name, violation);
        }
    }

    /// Reports a violation of the parameter `name`.
    pub(in crate::api) fn violate(&mut self, name: String, violation: ValidationError) {
        self.violations.errors_mut().insert(name.into(), ValidationErrorsKind::Field(vec![violation]));
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `Invalid` with every violation.
    pub(in crate::api) fn finish(self) -> Result<()> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid(&self.violations)) }
    }
}

/// `name` without the brackets that clients add to a list: `name[]`, or `name[0]` in PHP; others repeat `name` itself.
pub(in crate::api) fn without_index(name: &str) -> &str {
    let list = name.strip_suffix(']').and_then(|name| name.rsplit_once('['));
    match list {
        Some((bare, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => bare,
        _ => name,
    }
}

pub(in crate::api) fn limit(text: &str) -> std::result::Result<PageLimit, ValidationError> {
    let number: i64 = text.parse().map_err(|_| reason("type", "Input should be a valid integer"))?;
    let limit = u32::try_from(number).ok().and_then(PageLimit::new);
    limit.ok_or_else(|| reason("range", format!("Input should be between 1 and {}", PageLimit::MAX)))
}

pub(in crate::api) fn label<T: EnumLabel>(text: &str) -> std::result::Result<T, ValidationError> {
    T::from_label(text).ok_or_else(unknown_label::<T>)
}

/// A well-formed id; the object may not exist.
pub(in crate::api) fn id<K: IdKind>(text: &str) -> std::result::Result<Id<K>, ValidationError> {
    text.parse().map_err(|_| reason("id", format!("Input should be an id that starts with `{}`", K::PREFIX)))
}

/// A timestamp with any offset.
pub(in crate::api) fn moment(text: &str) -> std::result::Result<Timestamp, ValidationError> {
    timestamp::parse(text).ok_or_else(timestamp::incomplete)
}
