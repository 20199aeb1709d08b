//! Cursors: opaque, versioned, and bound to one list of one organization.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::filter_digest::{FilterDigest, digest};
use crate::domain::id::{Id, OrganizationId, ProfileId};
use crate::domain::page::Order;
use crate::domain::profile::list::{OrderBy, ProfileKeyset, ProfileQuery};

const GENERATION: u8 = 1;
/// Of cursors in filtered lists, with a digest of the filters after the id.
const FILTERED_GENERATION: u8 = 2;
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
    /// The cursor was made for a list with other filters.
    #[error("Cursor belongs to a list with other filters")]
    OtherFilters,
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
    if query.filter.is_empty() {
        return write(organization, query.order, kind, id.uuid(), name.as_bytes());
    }
    let rest = [&digest(&query.filter)[..], name.as_bytes()].concat();
    write_as(FILTERED_GENERATION, organization, query.order, kind, id.uuid(), &rest)
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
    let (filters, (made_for, kind, id, name)) = split_filtered(&payload).ok_or(CursorError::Malformed)?;
    let keyset = keyset(kind, ProfileId::new(id), name).ok_or(CursorError::Malformed)?;
    let order_by = if matches!(keyset, ProfileKeyset::CreatedAt(_)) { OrderBy::CreatedAt } else { OrderBy::Name };
    if made_for != direction(query.order) || order_by != query.order_by {
        return Err(CursorError::OtherOrder);
    }
    let expected = (!query.filter.is_empty()).then(|| digest(&query.filter));
    if filters == expected { Ok(keyset) } else { Err(CursorError::OtherFilters) }
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
    write_as(GENERATION, organization, order, kind, id, rest)
}

fn write_as(generation: u8, organization: OrganizationId, order: Order, kind: u8, id: Uuid, rest: &[u8]) -> String {
    let mut bytes = vec![generation, direction(order), kind];
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
type Parts<'p> = (u8, u8, Uuid, &'p [u8]);

/// The parts of a cursor in a list without filters.
pub(super) fn split(payload: &[u8]) -> Option<Parts<'_>> {
    let (generation, parts) = split_any(payload)?;
    (generation == GENERATION).then_some(parts)
}

/// The parts of a cursor, and the digest of the filters if it belongs to a list with some.
fn split_filtered(payload: &[u8]) -> Option<(Option<FilterDigest>, Parts<'_>)> {
    let (generation, parts) = split_any(payload)?;
    let (made_for, kind, id, rest) = parts;
    match generation {
        GENERATION => Some((None, parts)),
        FILTERED_GENERATION => {
            let (filters, rest) = rest.split_first_chunk()?;
            Some((Some(*filters), (made_for, kind, id, rest)))
        }
        _ => None,
    }
}

fn split_any(payload: &[u8]) -> Option<(u8, Parts<'_>)> {
    let (&[generation, made_for, kind], keyset) = payload.split_first_chunk()?;
    let (id, rest) = keyset.split_first_chunk()?;
    Some((generation, (made_for, kind, Uuid::from_bytes(*id), rest)))
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
mod tests;
