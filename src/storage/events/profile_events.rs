//! Parts of the statements that create and update profiles: they append the events of it.

use crate::domain::event::EventKind;
use crate::domain::label::EnumLabel;
use crate::domain::profile::ProfileField;

/// The kind of the events that [`append_created_events`] appends. No webhook notifies of it (see [`fan_out`](crate::storage::webhooks::fan_out)), so nothing is queued.
pub(in crate::storage) fn created_kind() -> &'static str {
    EventKind::Created.as_str()
}

/// Appends the events of created profiles, except those in the common table expression `$skipped`. Part of the statement that inserts the
/// profiles, which stays one round trip: the arguments are its parameters, one array per column, so that they stand beside their binds.
macro_rules! append_created_events {
    ($organization_ids:literal, $ids:literal, $created_ats:literal, $kind:literal, $profile_ids:literal, $actors:literal, $skipped:literal) => {
        concat!(
            "insert into events (organization_id, id, created_at, profile_id, actor_api_key_id, kind, revision)
             select event.*,
                    ",
            $kind,
            "::text,
                    1
               from unnest(",
            $organization_ids,
            "::uuid[], ",
            $ids,
            "::uuid[], ",
            $created_ats,
            "::timestamptz[], ",
            $profile_ids,
            "::uuid[], ",
            $actors,
            "::uuid[]) as event (organization_id, id, created_at, profile_id, actor_api_key_id)
              where (event.organization_id, event.profile_id) not in (select organization_id, profile_id from ",
            $skipped,
            ")"
        )
    };
}

pub(in crate::storage) use append_created_events;

/// The kind of the events that [`append_updated_events`] appends. No webhook notifies of it, so nothing is queued.
pub(in crate::storage) fn updated_kind() -> &'static str {
    EventKind::Updated.as_str()
}

/// Appends the events of updated profiles, as [`append_created_events`] does. `$fields` are the names of each one's changed fields, as
/// [`joined`] joins them: Postgres has no arrays of arrays of different lengths.
macro_rules! append_updated_events {
    ($organization_ids:literal, $ids:literal, $created_ats:literal, $kind:literal, $profile_ids:literal, $fields:literal, $actors:literal, $revisions:literal) => {
        concat!(
            "insert into events (organization_id, id, created_at, profile_id, fields, actor_api_key_id, revision, kind)
             select event.organization_id,
                    event.id,
                    event.created_at,
                    event.profile_id,
                    string_to_array(event.fields, ','),
                    event.actor_api_key_id,
                    event.revision,
                    ",
            $kind,
            "::text
               from unnest(",
            $organization_ids,
            "::uuid[], ",
            $ids,
            "::uuid[], ",
            $created_ats,
            "::timestamptz[], ",
            $profile_ids,
            "::uuid[], ",
            $fields,
            "::text[], ",
            $actors,
            "::uuid[], ",
            $revisions,
            "::bigint[]) as event (organization_id, id, created_at, profile_id, fields, actor_api_key_id, revision)"
        )
    };
}

pub(in crate::storage) use append_updated_events;

/// The names, separated by commas.
pub(in crate::storage) fn joined(fields: &[ProfileField]) -> String {
    fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::webhook::endpoint::WebhookEventType;

    #[test]
    fn created_and_updated_events_have_the_label_of_their_kind_and_notify_no_webhook() {
        assert_eq!((created_kind(), updated_kind()), ("user_profile.created", "user_profile.updated"));
        assert!(WebhookEventType::from_label(created_kind()).is_none());
        assert!(WebhookEventType::from_label(updated_kind()).is_none());
    }
}
