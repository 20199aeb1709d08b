//! Laws of cursors.

use proptest::prelude::*;

use super::*;
use crate::domain::profile::filter::ProfileFilter;

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
    fn a_cursor_belongs_to_its_filters(keyset in keysets(), name in "[a-z]{1,3}", other in "[a-z]{1,3}") {
        prop_assume!(name != other);
        let by = order_by(&keyset);
        let filtered = |name: &str| ProfileQuery {
            filter: ProfileFilter { names: vec![name.to_owned()], ..ProfileFilter::default() },
            ..list(by, Order::Ascending)
        };
        let unfiltered = list(by, Order::Ascending);
        let cursor = encode(organization(1), &filtered(&name), &keyset);
        prop_assert_eq!(decode(organization(1), &filtered(&name), &cursor), Ok(keyset.clone()));
        prop_assert_eq!(decode(organization(1), &filtered(&other), &cursor), Err(CursorError::OtherFilters));
        prop_assert_eq!(decode(organization(1), &unfiltered, &cursor), Err(CursorError::OtherFilters));
        let cursor = encode(organization(1), &unfiltered, &keyset);
        prop_assert_eq!(decode(organization(1), &filtered(&name), &cursor), Err(CursorError::OtherFilters));
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
