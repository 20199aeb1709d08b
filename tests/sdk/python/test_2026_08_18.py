"""`access_type` in place of `relationship`, and the time of sign-up."""

from datetime import datetime, timedelta, timezone

import anthropic
import pytest
from doors import in_shapes, needs

pytestmark = in_shapes("2026-08-18")

NEVER_NULL = {"id", "created_at", "metadata", "access_type", "trust_grants", "type", "updated_at"}
NULLABLE = {"external_id", "external_user_onboarded_at", "name"}


def test_the_answer_carries_exactly_the_keys_of_the_shape(profiles):
    answer = profiles.with_raw_response.create().http_response.json()

    assert set(answer) == NEVER_NULL | NULLABLE
    assert {key for key, value in answer.items() if value is None} == NULLABLE
    assert (answer["access_type"], answer["trust_grants"], answer["metadata"]) == ("application", {}, {})


@pytest.mark.parametrize("access_type", ["application", "passthrough"])
def test_every_access_type_is_kept(profiles, access_type):
    # No name: only the original shape asks for one.
    assert profiles.create(access_type=access_type).access_type == access_type
    assert profiles.update(profiles.create().id, access_type=access_type).access_type == access_type


def test_a_relationship_beside_it_may_say_the_same(profiles):
    same = profiles.create(access_type="passthrough", extra_body={"relationship": "resold"})
    alone = profiles.create(extra_body={"relationship": "resold"})

    assert same.access_type == alone.access_type == "passthrough"
    with pytest.raises(anthropic.BadRequestError, match="relationship: "):
        profiles.create(access_type="application", extra_body={"relationship": "resold"})


def test_an_external_id_can_be_null_at_creation_and_be_cleared(profiles):
    assert profiles.create(external_id=None).external_id is None
    created = profiles.create(external_id="user_1")

    assert created.external_id == "user_1"
    assert profiles.update(created.id, external_id=None).external_id is None


@needs("onboarded_at")
@pytest.mark.parametrize("offset", [timedelta(0), timedelta(hours=5, minutes=30), timedelta(hours=-8)])
def test_a_time_of_sign_up_with_any_offset_is_the_same_moment(profiles, offset):
    moment = datetime(2026, 3, 15, 10, 0, 0, 123456, tzinfo=timezone(offset))

    created = profiles.create(external_user_onboarded_at=moment)

    assert created.external_user_onboarded_at == moment
    assert profiles.retrieve(created.id).external_user_onboarded_at.utcoffset() == timedelta(0)
    assert profiles.update(created.id, external_user_onboarded_at="2026-03-15T10:00:00+02:00") == (
        profiles.retrieve(created.id)
    )
    assert profiles.retrieve(created.id).external_user_onboarded_at == datetime(2026, 3, 15, 8, tzinfo=timezone.utc)


@needs("onboarded_at")
@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 15, 10), "2026-03-15T10:00:00", "2026-03-15", "", datetime(2126, 1, 1, tzinfo=timezone.utc)]
)
def test_a_time_without_an_offset_or_to_come_is_refused(profiles, moment):
    for call in [profiles.create, lambda **fields: profiles.update(profiles.create().id, **fields)]:
        with pytest.raises(anthropic.BadRequestError, match="external_user_onboarded_at: "):
            call(external_user_onboarded_at=moment)


@needs("onboarded_at")
def test_a_time_of_sign_up_is_not_cleared_by_null(profiles):
    created = profiles.create(external_user_onboarded_at="2026-03-15T10:00:00Z")

    assert profiles.create(external_user_onboarded_at=None).external_user_onboarded_at is None
    with pytest.raises(anthropic.BadRequestError, match="external_user_onboarded_at: "):
        profiles.update(created.id, external_user_onboarded_at=None)
    assert profiles.retrieve(created.id) == created


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"external_id": "x" * 256}, "external_id"),
        ({"access_type": "friend"}, "access_type"),
        ({"extra_body": {"external_user_details": {}}}, "external_user_details"),
    ],
)
def test_a_bad_field_is_named(profiles, fields, at_fault):
    with pytest.raises(anthropic.BadRequestError) as caught:
        profiles.create(**fields)

    assert caught.value.body["error"]["message"].startswith(f"{at_fault}: ")
