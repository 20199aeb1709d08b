//! Lists: their query parameters, and the page they answer.

use std::collections::BTreeMap;

use serde::Serialize;
use validator::{ValidationError, ValidationErrors};

use super::cursor;
use crate::domain::error::reason;
use crate::domain::id::OrganizationId;
use crate::domain::page::{Keyset, Order, Page, PageLimit, PageQuery};
use crate::domain::{Error, Result};

/// A page as it is answered.
#[derive(Debug, Serialize)]
pub struct ListBody<T> {
    data: Vec<T>,
    next_page: Option<String>,
}

impl<T> ListBody<T> {
    /// The page of `query`, in the organization's own words.
    pub fn new<D>(organization: OrganizationId, query: PageQuery, page: Page<D>) -> Self
    where
        T: From<D>,
    {
        Self {
            data: page.items.into_iter().map(T::from).collect(),
            next_page: page.next.map(|keyset| cursor::encode(organization, query.order, keyset)),
        }
    }
}

/// Reads `limit`, `order`, `order_by` and `page`; ignores what it does not know.
///
/// # Errors
/// `Invalid` with every parameter that is wrong.
pub fn parse_query(organization: OrganizationId, pairs: Vec<(String, String)>) -> Result<PageQuery> {
    let mut violations = ValidationErrors::new();
    let mut sent = BTreeMap::new();
    for (name, value) in pairs {
        let known = ["limit", "order", "order_by", "page"].into_iter().find(|known| *known == name);
        if let Some(name) = known
            && sent.insert(name, value).is_some()
        {
            violations.add(name, reason("repeated", "Parameter was sent more than once"));
        }
    }
    let mut read = Parameters { sent, violations };
    let limit = read.parameter("limit", limit).unwrap_or_default();
    let order = read.parameter("order", order).unwrap_or_default();
    read.parameter("order_by", order_by);
    let after = read.parameter("page", |text| page(organization, order, text));
    if read.violations.is_empty() {
        Ok(PageQuery { order, limit, after })
    } else {
        Err(Error::invalid(&read.violations))
    }
}

struct Parameters {
    sent: BTreeMap<&'static str, String>,
    violations: ValidationErrors,
}

impl Parameters {
    fn parameter<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, ValidationError>,
    ) -> Option<T> {
        let text = self.sent.get(name)?;
        parse(text).map_err(|violation| self.violations.add(name, violation)).ok()
    }
}

fn limit(text: &str) -> std::result::Result<PageLimit, ValidationError> {
    let number: i64 = text.parse().map_err(|_| reason("type", "Input should be a valid integer"))?;
    let limit = u32::try_from(number).ok().and_then(PageLimit::new);
    limit.ok_or_else(|| reason("range", format!("Input should be between 1 and {}", PageLimit::MAX)))
}

fn order(text: &str) -> std::result::Result<Order, ValidationError> {
    match text {
        "asc" => Ok(Order::Ascending),
        "desc" => Ok(Order::Descending),
        _ => Err(reason("word", "Input should be one of `asc`, `desc`")),
    }
}

fn order_by(text: &str) -> std::result::Result<(), ValidationError> {
    match text {
        "created_at" => Ok(()),
        _ => Err(reason("word", "Input should be `created_at`")),
    }
}

fn page(organization: OrganizationId, order: Order, text: &str) -> std::result::Result<Keyset, ValidationError> {
    cursor::decode(organization, order, text).map_err(|error| reason("cursor", error.to_string()))
}
