//! The query string of an export.

use std::num::NonZeroU64;

use crate::api::WireFormat;
use crate::api::export::format::ExportFormat;
use crate::api::profile_filter::{ENFORCEMENT_STATUS, SentFilters};
use crate::api::wire::cursor;
use crate::api::wire::parameters::{Parameters, id, label};
use crate::domain::Result;
use crate::domain::error::reason;
use crate::domain::id::{OrganizationId, ProfileKind};
use crate::domain::page::{Order, PageLimit};
use crate::domain::profile::list::{OrderBy, ProfileKeyset, ProfileQuery};

const PARAMETERS: &[&str] = &["after_id", ENFORCEMENT_STATUS, "format", "limit", "order", "order_by", "page"];

/// The most profiles that a request may ask for: every JSON reader has integers of this size.
pub const MAX_LIMIT: u64 = (1 << 53) - 1;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportQuery {
    /// The filter, the position to begin after, and the only order: oldest first.
    pub list: ProfileQuery,
    /// The most profiles; `None`: all.
    pub limit: Option<NonZeroU64>,
    /// The format.
    pub format: ExportFormat,
}

/// Reads the query string's `pairs` under the version `F`. Without `format` among them, the export has the format `accepted`.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query<F: WireFormat>(
    organization: OrganizationId,
    accepted: ExportFormat,
    mut pairs: Vec<(String, String)>,
) -> Result<ExportQuery> {
    let sent = SentFilters::take(&mut pairs);
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    for name in ["order", "order_by"] {
        parameters.refuse(name, reason("order", "An export has one order: oldest first"));
    }
    let mut list = ProfileQuery {
        order_by: OrderBy::CreatedAt,
        order: Order::Ascending,
        limit: PageLimit::default(),
        after: None,
        filter: sent.read::<F>(PARAMETERS, &mut parameters),
    };
    let page = parameters.last("page", |text| {
        cursor::decode(organization, &list, text).map_err(|error| reason("cursor", error.to_string()))
    });
    let after_id = parameters.one("after_id", id::<ProfileKind>).map(ProfileKeyset::CreatedAt);
    if page.is_some() && after_id.is_some() {
        parameters.violate("after_id".to_owned(), reason("exclusive", "Parameter excludes `page`"));
    }
    list.after = page.or(after_id);
    let format = parameters.one("format", label).unwrap_or(accepted);
    let limit = parameters.one("limit", |text| {
        let limit = text.parse().ok().filter(|limit: &NonZeroU64| limit.get() <= MAX_LIMIT);
        limit.ok_or_else(|| reason("range", format!("Input should be an integer between 1 and {MAX_LIMIT}")))
    });
    parameters.finish()?;
    Ok(ExportQuery { list, limit, format })
}
