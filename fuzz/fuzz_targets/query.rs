//! A query string is read as the standard says, and a list's parameters as a plain reading of simple ones says.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use uprof::api::ga::Ga;
use uprof::api::profile_list::parse_query;
use uprof::api::v2026_03_24::V2026_03_24;
use uprof::domain::id::OrganizationId;
use uprof::domain::label::EnumLabel;
use uprof::domain::page::{Order, PageLimit};
use uprof::domain::profile::list::{OrderBy, ProfileQuery};
use uprof::domain::profile::relationship::{AccessType, Relationship};
use uprof::http::fuzzing::pairs;
use uuid::Uuid;

/// The pairs of a query string that needs no decoding and repeats nothing.
fn simple(query: &str) -> Option<BTreeMap<&str, &str>> {
    let mut plain = BTreeMap::new();
    for part in query.split('&') {
        let (name, value) = part.split_once('=')?;
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_plain(name) || !is_plain(value) || plain.insert(name, value).is_some() {
            return None;
        }
    }
    // A cursor has a checksum, which the target of cursors is about.
    plain.get("page").is_none().then_some(plain)
}

/// What a list in the newest version reads from them; `None` if something is wrong with them.
fn plain_reading(sent: &BTreeMap<&str, &str>) -> Option<ProfileQuery> {
    let mut query = ProfileQuery::default();
    for (name, value) in sent {
        match *name {
            "limit" => {
                let number: u32 = value.parse().ok()?;
                query.limit = PageLimit::new(number).filter(|_| (1..=100).contains(&number))?;
            }
            "order" => query.order = Order::ALL.iter().copied().find(|order| order.as_str() == *value)?,
            "order_by" => query.order_by = OrderBy::ALL.iter().copied().find(|order| order.as_str() == *value)?,
            "enforcement_status" => {
                let known = uprof::domain::trust::enforcement::EnforcementStatus::ALL;
                query.filter.statuses = vec![known.iter().copied().find(|status| status.as_str() == *value)?];
            }
            "access_type" => {
                let known = AccessType::ALL.iter().find(|known| known.as_str() == *value)?;
                query.filter.relationships = Relationship::ALL.to_vec();
                query.filter.relationships.retain(|relationship| relationship.access_type() == *known);
            }
            "name" => {
                query.filter.names = vec![value.to_ascii_lowercase()];
                (1..=255).contains(&value.len()).then_some(())?;
            }
            // Of other versions, or known with brackets only.
            "created_at" | "external_id" | "external_user_details" | "metadata" | "relationship" | "trust_grant" => {
                return None;
            }
            _ => {}
        }
    }
    Some(query)
}

fuzz_target!(|query: &str| {
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let sent = pairs(query);
    assert_eq!(sent, url::form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>());
    let read = parse_query::<Ga>(organization, sent.clone());
    if let Some(plain) = simple(query) {
        assert_eq!(read.as_ref().ok(), plain_reading(&plain).as_ref(), "{query}");
    }
    // The PHP client sends each parameter of the first page again with each that follows.
    let twice = parse_query::<Ga>(organization, [sent.clone(), sent.clone()].concat());
    assert_eq!(read.as_ref().ok(), twice.ok().as_ref());
    if let Ok(read) = read {
        assert!((1..=100).contains(&read.limit.get()));
        // The oldest version refuses the filters that it does not have, and reads the rest alike.
        let oldest = parse_query::<V2026_03_24>(organization, sent);
        let is_shared = read.filter.statuses.is_empty()
            && read.filter.relationships.is_empty()
            && read.filter.reference_ids.is_empty();
        assert_eq!(oldest.ok(), Some(read).filter(|_| is_shared));
    }
});
