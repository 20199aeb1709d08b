//! Cursors of the list of events, which runs in the order of ids and then in that of positions.

use uuid::Uuid;

use super::cursor::{CursorError, direction, payload, split, write};
use crate::domain::event::{EventBacklog, EventKeyset};
use crate::domain::id::{EventId, OrganizationId};
use crate::domain::page::Order;

const ID: u8 = b'e';
const BACKLOG: u8 = b'b';
const POSITION: u8 = b'p';

/// The cursor of the page after `keyset` in the organization's events.
pub(in crate::api) fn encode(organization: OrganizationId, order: Order, keyset: EventKeyset) -> String {
    match keyset {
        EventKeyset::Id(id) => write(organization, order, ID, id.uuid(), &[]),
        EventKeyset::Backlog { after, backlog } => {
            let rest = [backlog.position.to_be_bytes().as_slice(), backlog.last_id.uuid().as_bytes()].concat();
            write(organization, order, BACKLOG, after.uuid(), &rest)
        }
        EventKeyset::Position(position) => write(organization, order, POSITION, Uuid::nil(), &position.to_be_bytes()),
    }
}

/// The place in the organization's events that the cursor `text` encodes.
///
/// # Errors
/// [`CursorError`].
pub(in crate::api) fn decode(
    organization: OrganizationId,
    order: Order,
    text: &str,
) -> Result<EventKeyset, CursorError> {
    let payload = payload(organization, text)?;
    let (made_for, keyset) = split(&payload)
        .and_then(|(made_for, kind, id, rest)| Some((made_for, keyset(kind, EventId::new(id), rest)?)))
        .ok_or(CursorError::Malformed)?;
    if made_for == direction(order) { Ok(keyset) } else { Err(CursorError::OtherOrder) }
}

fn keyset(kind: u8, id: EventId, rest: &[u8]) -> Option<EventKeyset> {
    match (kind, rest.split_first_chunk()) {
        (ID, None) if rest.is_empty() => Some(EventKeyset::Id(id)),
        (POSITION, Some((position, []))) if id.uuid().is_nil() => {
            Some(EventKeyset::Position(i64::from_be_bytes(*position)))
        }
        (BACKLOG, Some((position, last_id))) => {
            let (position, last_id) = (i64::from_be_bytes(*position), EventId::new(Uuid::from_slice(last_id).ok()?));
            Some(EventKeyset::Backlog { after: id, backlog: EventBacklog { position, last_id } })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn organization(number: u128) -> OrganizationId {
        OrganizationId::new(Uuid::from_u128(number))
    }

    fn keysets() -> impl Strategy<Value = EventKeyset> {
        let id = any::<u128>().prop_map(|id| EventId::new(Uuid::from_u128(id)));
        prop_oneof![
            id.clone().prop_map(EventKeyset::Id),
            (id.clone(), any::<i64>(), id).prop_map(|(after, position, last_id)| EventKeyset::Backlog {
                after,
                backlog: EventBacklog { position, last_id }
            }),
            any::<i64>().prop_map(EventKeyset::Position),
        ]
    }

    #[test]
    fn a_position_with_an_id_is_refused() {
        let forged = write(organization(1), Order::Ascending, POSITION, Uuid::from_u128(1), &7_i64.to_be_bytes());
        assert_eq!(decode(organization(1), Order::Ascending, &forged), Err(CursorError::Malformed));
    }

    proptest! {
        #[test]
        fn a_cursor_decodes_to_its_place_in_its_own_list_only(keyset in keysets(), owner: u128, other: u128) {
            prop_assume!(owner != other);
            let cursor = encode(organization(owner), Order::Ascending, keyset);
            prop_assert_eq!(decode(organization(owner), Order::Ascending, &cursor), Ok(keyset));
            prop_assert_eq!(decode(organization(owner), Order::Descending, &cursor), Err(CursorError::OtherOrder));
            prop_assert_eq!(decode(organization(other), Order::Ascending, &cursor), Err(CursorError::Malformed));
        }

        #[test]
        fn arbitrary_text_is_refused_without_a_panic(text in ".{0,80}") {
            prop_assert!(decode(organization(1), Order::Ascending, &text).is_err());
        }
    }
}
