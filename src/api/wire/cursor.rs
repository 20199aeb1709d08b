//! Cursors: opaque, versioned, and bound to one list of one organization.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::id::{Id, OrganizationId, ProfileId};
use crate::domain::page::Order;
use crate::domain::profile::list::{OrderBy, ProfileKeyset, ProfileQuery};

const GENERATION: u8 = 1;
const CHECKSUM_BYTES: usize = 8;

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not a cursor of this service for this organization, or a modified one.
    #[error("Invalid cursor")]
    Malformed,
    /// The cursor was made for a list in another order.
    #[error("Cursor belongs to a list in another order")]
    OtherOrder,
}

/// A list of the operator's API that runs in the order of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdList {
    /// Keys.
    ApiKeys,
    /// Decisions on one grant.
    Decisions,
    /// Limits on one profile.
    EnforcementActions,
    /// Grants of all profiles.
    TrustGrants,
}

impl IdList {
    const fn kind(self) -> u8 {
        match self {
            Self::ApiKeys => b'k',
            Self::Decisions => b'd',
            Self::EnforcementActions => b'a',
            Self::TrustGrants => b't',
        }
    }
}

/// The cursor of the page after `keyset` in the organization's list of `query`.
#[must_use]
pub fn encode(organization: OrganizationId, query: &ProfileQuery, keyset: &ProfileKeyset) -> String {
    let (kind, id, name) = match keyset {
        ProfileKeyset::CreatedAt(id) => (b'c', id, ""),
        ProfileKeyset::Name(name, id) => (b'n', id, name.as_str()),
        ProfileKeyset::Nameless(id) => (b'o', id, ""),
    };
    write(organization, query.order, kind, id.uuid(), name.as_bytes())
}

/// The cursor of the page after `id` in the organization's `list`.
#[must_use]
pub fn encode_id<K>(organization: OrganizationId, list: IdList, order: Order, id: Id<K>) -> String {
    write(organization, order, list.kind(), id.uuid(), &[])
}

/// The position in the organization's `list` that the cursor `text` encodes.
///
/// # Errors
/// [`CursorError`].
pub fn decode_id<K>(
    organization: OrganizationId,
    list: IdList,
    order: Order,
    text: &str,
) -> Result<Id<K>, CursorError> {
    let payload = payload(organization, text)?;
    match split(&payload).ok_or(CursorError::Malformed)? {
        (made_for, kind, id, []) if kind == list.kind() => {
            if made_for == direction(order) {
                Ok(Id::new(id))
            } else {
                Err(CursorError::OtherOrder)
            }
        }
        _ => Err(CursorError::Malformed),
    }
}

/// The position in the organization's list of `query` that the cursor `text` encodes.
///
/// # Errors
/// [`CursorError`].
pub fn decode(organization: OrganizationId, query: &ProfileQuery, text: &str) -> Result<ProfileKeyset, CursorError> {
    let payload = payload(organization, text)?;
    let (made_for, keyset) = split(&payload)
        .and_then(|(made_for, kind, id, name)| Some((made_for, keyset(kind, ProfileId::new(id), name)?)))
        .ok_or(CursorError::Malformed)?;
    let order_by = if matches!(keyset, ProfileKeyset::CreatedAt(_)) { OrderBy::CreatedAt } else { OrderBy::Name };
    if made_for == direction(query.order) && order_by == query.order_by {
        Ok(keyset)
    } else {
        Err(CursorError::OtherOrder)
    }
}

fn keyset(kind: u8, id: ProfileId, name: &[u8]) -> Option<ProfileKeyset> {
    match kind {
        b'c' if name.is_empty() => Some(ProfileKeyset::CreatedAt(id)),
        // A name has no NUL, which Postgres would not take.
        b'n' if !name.contains(&0) => Some(ProfileKeyset::Name(std::str::from_utf8(name).ok()?.to_owned(), id)),
        b'o' if name.is_empty() => Some(ProfileKeyset::Nameless(id)),
        _ => None,
    }
}

/// Encodes the generation, the list's order, the kind of keyset, the id, the rest of the keyset, and a checksum.
pub(in crate::api) fn write(organization: OrganizationId, order: Order, kind: u8, id: Uuid, rest: &[u8]) -> String {
    let mut bytes = vec![GENERATION, direction(order), kind];
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(rest);
    bytes.extend_from_slice(&checksum(organization, &bytes));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a cursor without their checksum.
pub(super) fn payload(organization: OrganizationId, text: &str) -> Result<Vec<u8>, CursorError> {
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
    let payload_bytes = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or(CursorError::Malformed)?;
    let (payload, sum) = bytes.split_at(payload_bytes);
    if sum != checksum(organization, payload) {
        return Err(CursorError::Malformed);
    }
    bytes.truncate(payload_bytes);
    Ok(bytes)
}

/// The list's order, the kind of keyset, the id and the rest of the keyset.
pub(super) fn split(payload: &[u8]) -> Option<(u8, u8, Uuid, &[u8])> {
    let (&[generation, made_for, kind], keyset) = payload.split_first_chunk()?;
    let (id, rest) = keyset.split_first_chunk()?;
    (generation == GENERATION).then(|| (made_for, kind, Uuid::from_bytes(*id), rest))
}

pub(super) const fn direction(order: Order) -> u8 {
    match order {
        Order::Ascending => b'a',
        Order::Descending => b'd',
    }
}

/// Detects a cursor that was modified or belongs to another organization. It needs no secret: a forged cursor reaches only what the
/// organization's own list shows.
fn checksum(organization: OrganizationId, payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new()
        .chain_update("uprof cursor")
        .chain_update(organization.uuid().as_bytes())
        .chain_update(payload)
        .finalize();
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn organization(number: u128) -> OrganizationId {
        OrganizationId::new(Uuid::from_u128(number))
    }

    fn list(order_by: OrderBy, order: Order) -> ProfileQuery {
        ProfileQuery { order_by, order, ..ProfileQuery::default() }
    }

    fn keysets() -> impl Strategy<Value = ProfileKeyset> {
        let id = any::<u128>().prop_map(|id| ProfileId::new(Uuid::from_u128(id)));
        prop_oneof![
            id.clone().prop_map(ProfileKeyset::CreatedAt),
            ("[^\\x00\n]{1,20}", id.clone()).prop_map(|(name, id)| ProfileKeyset::Name(name, id)),
            id.prop_map(ProfileKeyset::Nameless),
        ]
    }

    fn order_by(keyset: &ProfileKeyset) -> OrderBy {
        if matches!(keyset, ProfileKeyset::CreatedAt(_)) { OrderBy::CreatedAt } else { OrderBy::Name }
    }

    proptest! {
        #[test]
        fn a_cursor_decodes_to_its_position_in_its_own_list_only(keyset in keysets(), owner: u128, other: u128) {
            prop_assume!(owner != other);
            let made_for = list(order_by(&keyset), Order::Ascending);
            let cursor = encode(organization(owner), &made_for, &keyset);
            prop_assert_eq!(decode(organization(other), &made_for, &cursor), Err(CursorError::Malformed));
            let backwards = list(made_for.order_by, Order::Descending);
            prop_assert_eq!(decode(organization(owner), &backwards, &cursor), Err(CursorError::OtherOrder));
            for by in [OrderBy::CreatedAt, OrderBy::Name] {
                let expected = if by == made_for.order_by { Ok(keyset.clone()) } else { Err(CursorError::OtherOrder) };
                prop_assert_eq!(decode(organization(owner), &list(by, Order::Ascending), &cursor), expected);
            }
        }

        #[test]
        fn a_modified_cursor_is_refused(keyset in keysets(), at: prop::sample::Index, other in "[0-9A-Za-z_-]") {
            let made_for = list(order_by(&keyset), Order::Ascending);
            let cursor = encode(organization(1), &made_for, &keyset);
            let at = at.index(cursor.len());
            let mut changed = cursor.clone();
            changed.replace_range(at..=at, &other);
            prop_assert_eq!(decode(organization(1), &made_for, &changed).is_ok(), changed == cursor);
        }

        #[test]
        fn a_cursor_with_a_name_that_cannot_be_stored_is_refused(before in "[a-z]{0,3}", after in "[a-z]{0,3}") {
            let by_name = list(OrderBy::Name, Order::Ascending);
            let keyset = ProfileKeyset::Name(format!("{before}\0{after}"), ProfileId::new(Uuid::nil()));
            let cursor = encode(organization(1), &by_name, &keyset);
            prop_assert_eq!(decode(organization(1), &by_name, &cursor), Err(CursorError::Malformed));
        }

        #[test]
        fn a_forged_cursor_is_accepted_only_as_the_service_would_write_it(kind in "[cnok]", id: u128, rest in ".{0,3}") {
            let (kind, id) = (kind.as_bytes()[0], Uuid::from_u128(id));
            let cursor = write(organization(1), Order::Ascending, kind, id, rest.as_bytes());
            for by in [OrderBy::CreatedAt, OrderBy::Name] {
                let query = list(by, Order::Ascending);
                if let Ok(keyset) = decode(organization(1), &query, &cursor) {
                    prop_assert_eq!(encode(organization(1), &query, &keyset), cursor.clone());
                }
            }
        }

        #[test]
        fn arbitrary_text_is_refused_without_a_panic(text in ".{0,80}") {
            prop_assert!(decode(organization(1), &list(OrderBy::Name, Order::Ascending), &text).is_err());
        }
    }
}
