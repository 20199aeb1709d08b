//! Cursors of the history of a profile, bound to the profile.

use uuid::Uuid;

use super::cursor::{CursorError, payload, split, write};
use crate::domain::history::HistoryKeyset;
use crate::domain::id::{EventId, OrganizationId, ProfileId};
use crate::domain::page::Order;
use crate::domain::profile::Revision;

const HISTORY: u8 = b'h';

/// The cursor of the page after `keyset` in the history of the profile.
pub(in crate::api) fn encode(organization: OrganizationId, profile: ProfileId, keyset: HistoryKeyset) -> String {
    let rest = [keyset.revision.number().to_be_bytes().as_slice(), keyset.event_id.uuid().as_bytes()].concat();
    write(organization, Order::Descending, HISTORY, profile.uuid(), &rest)
}

/// The place in the history of the profile that the cursor `text` encodes.
///
/// # Errors
/// [`CursorError`].
pub(in crate::api) fn decode(
    organization: OrganizationId,
    profile: ProfileId,
    text: &str,
) -> Result<HistoryKeyset, CursorError> {
    let payload = payload(organization, text)?;
    match split(&payload) {
        Some((_, HISTORY, id, rest)) if id == profile.uuid() => keyset(rest).ok_or(CursorError::Malformed),
        _ => Err(CursorError::Malformed),
    }
}

fn keyset(rest: &[u8]) -> Option<HistoryKeyset> {
    let (number, event_id) = rest.split_first_chunk()?;
    let event_id = EventId::new(Uuid::from_slice(event_id).ok()?);
    Some(HistoryKeyset { revision: Revision::from_stored(i64::from_be_bytes(*number)), event_id })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_decodes_in_the_history_of_its_own_profile_only(
            owner: u128,
            other: u128,
            profile: u128,
            number: i64,
            event: u128,
        ) {
            prop_assume!(owner != other && profile != other);
            let organization = |id| OrganizationId::new(Uuid::from_u128(id));
            let [profile, stranger] = [profile, other].map(|id| ProfileId::new(Uuid::from_u128(id)));
            let event_id = EventId::new(Uuid::from_u128(event));
            let keyset = HistoryKeyset { revision: Revision::from_stored(number), event_id };
            let text = encode(organization(owner), profile, keyset);
            prop_assert_eq!(decode(organization(owner), profile, &text), Ok(keyset));
            prop_assert_eq!(decode(organization(owner), stranger, &text), Err(CursorError::Malformed));
            prop_assert_eq!(decode(organization(other), profile, &text), Err(CursorError::Malformed));
        }

        #[test]
        fn arbitrary_text_is_refused_without_a_panic(text in ".{0,80}") {
            let (organization, profile) = (OrganizationId::new(Uuid::nil()), ProfileId::new(Uuid::nil()));
            prop_assert!(decode(organization, profile, &text).is_err());
        }
    }
}
