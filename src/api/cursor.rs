//! Cursors: opaque, versioned, bound to the list they were made for.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::page::{Keyset, Order};

const GENERATION: u8 = 1;
const ASCENDING: u8 = 0;
const DESCENDING: u8 = 1;
const ID_BYTES: usize = 16;
const PAYLOAD_BYTES: usize = 2 + ID_BYTES;
const CHECK_BYTES: usize = 8;

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// No cursor of this service for this organization, or one that was changed.
    #[error("Invalid cursor")]
    Malformed,
    /// The list runs another way than the one the cursor was made for.
    #[error("Cursor belongs to a list in another order")]
    OtherOrder,
}

/// The text that leads to what follows `keyset` in the organization's list in `order`.
#[must_use]
pub fn encode(organization: OrganizationId, order: Order, keyset: Keyset) -> String {
    let mut bytes = Vec::with_capacity(PAYLOAD_BYTES + CHECK_BYTES);
    bytes.push(GENERATION);
    bytes.push(tag(order));
    bytes.extend_from_slice(keyset.id.uuid().as_bytes());
    bytes.extend_from_slice(&check(organization, &bytes));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Where `text` leads.
///
/// # Errors
/// [`CursorError`].
pub fn decode(organization: OrganizationId, order: Order, text: &str) -> Result<Keyset, CursorError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
    let (payload, sum) = bytes.split_at_checked(PAYLOAD_BYTES).ok_or(CursorError::Malformed)?;
    if sum != check(organization, payload) {
        return Err(CursorError::Malformed);
    }
    let [GENERATION, made_for, id @ ..] = payload else { return Err(CursorError::Malformed) };
    if *made_for != tag(order) {
        return Err(CursorError::OtherOrder);
    }
    let id = Uuid::from_slice(id).map_err(|_| CursorError::Malformed)?;
    Ok(Keyset { id: ProfileId::new(id) })
}

const fn tag(order: Order) -> u8 {
    match order {
        Order::Ascending => ASCENDING,
        Order::Descending => DESCENDING,
    }
}

/// Notices a cursor that was changed or belongs to another organization. No secret: whoever forges one reaches nothing that the
/// organization's own list would not show.
fn check(organization: OrganizationId, payload: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new()
        .chain_update("uprof cursor")
        .chain_update(organization.uuid().as_bytes())
        .chain_update(payload)
        .finalize();
    let mut sum = [0; CHECK_BYTES];
    sum.copy_from_slice(&digest[..CHECK_BYTES]);
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn organization(number: u128) -> OrganizationId {
        OrganizationId::new(Uuid::from_u128(number))
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_where_it_was_made_and_nowhere_else(id: u128, owner: u128, other: u128) {
            prop_assume!(owner != other);
            let keyset = Keyset { id: ProfileId::new(Uuid::from_u128(id)) };
            let cursor = encode(organization(owner), Order::Ascending, keyset);
            prop_assert_eq!(decode(organization(owner), Order::Ascending, &cursor), Ok(keyset));
            prop_assert_eq!(decode(organization(owner), Order::Descending, &cursor), Err(CursorError::OtherOrder));
            prop_assert_eq!(decode(organization(other), Order::Ascending, &cursor), Err(CursorError::Malformed));
        }

        #[test]
        fn a_changed_cursor_is_refused(id: u128, at in 0_usize..34, other in "[0-9A-Za-z_-]") {
            let keyset = Keyset { id: ProfileId::new(Uuid::from_u128(id)) };
            let cursor = encode(organization(1), Order::Ascending, keyset);
            let mut changed = cursor.clone();
            changed.replace_range(at..=at, &other);
            prop_assert_eq!(decode(organization(1), Order::Ascending, &changed).is_ok(), changed == cursor);
        }
    }
}
