//! A cursor that is accepted is the one that the service writes for its position, in one list of one organization.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uprof::api::fuzzing::{self, decode_event, encode_event};
use uprof::api::wire::cursor::{IdList, decode, decode_id, encode, encode_id};
use uprof::domain::id::{Id, OrganizationId, ProfileKind};
use uprof::domain::page::Order;
use uprof::domain::profile::list::{OrderBy, ProfileQuery};
use uuid::Uuid;

const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];
const LISTS: [IdList; 4] = [IdList::ApiKeys, IdList::Decisions, IdList::EnforcementActions, IdList::TrustGrants];

/// How many lists of `organization` accept `text`.
fn accepting(organization: OrganizationId, text: &str) -> usize {
    let mut accepting = 0;
    for order in ORDERS {
        for order_by in [OrderBy::CreatedAt, OrderBy::Name] {
            let query = ProfileQuery { order_by, order, ..ProfileQuery::default() };
            if let Ok(keyset) = decode(organization, &query, text) {
                assert_eq!(encode(organization, &query, &keyset), text);
                accepting += 1;
            }
        }
        for list in LISTS {
            if let Ok(id) = decode_id::<ProfileKind>(organization, list, order, text) {
                let id: Id<ProfileKind> = id;
                assert_eq!(encode_id(organization, list, order, id), text);
                accepting += 1;
            }
        }
        if let Ok(keyset) = decode_event(organization, order, text) {
            assert_eq!(encode_event(organization, order, keyset), text);
            accepting += 1;
        }
    }
    accepting
}

// The first byte decides whether the rest is a cursor, or what stands in one with the right checksum, which no mutation would find.
fuzz_target!(|bytes: &[u8]| {
    let [ours, theirs] = [1, 2].map(|number| OrganizationId::new(Uuid::from_u128(number)));
    let text = match bytes {
        [form @ 0..=3, kind, id @ ..] if id.len() >= 16 => {
            let (id, rest) = id.split_at(16);
            let id = if form & 2 == 0 { Uuid::nil() } else { Uuid::from_slice(id).unwrap() };
            fuzzing::cursor(ours, ORDERS[usize::from(form & 1)], *kind, id, rest)
        }
        other => String::from_utf8_lossy(other).into_owned(),
    };
    assert!(accepting(ours, &text) <= 1, "several lists accept {text}");
    assert_eq!(accepting(theirs, &text), 0, "another organization accepts {text}");
});
