"""What a platform says about the external user, in the shapes that gather it in one object."""

from datetime import datetime, timedelta, timezone

import anthropic
import pytest
from doors import DETAILED, in_shapes

pytestmark = in_shapes(*DETAILED)

SHARED = {"id", "created_at", "metadata", "access_type", "external_user_details", "name", "type", "updated_at"}
KEYS = {
    "2026-09-04": SHARED | {"trust_grants"},
    "ga": SHARED | {"programs", "enforcement_status", "enforcement_actions"},
}
DETAILS = {
    "account_status": "suspended",
    "country": "CZ",
    "email_hash": "e" * 255,
    "entity_type": "non_profit",
    "name_hash": "sha256:0a",
    "reference_id": "user_12345 🦀",
}


def details(profile):
    return profile.external_user_details.to_dict(exclude_unset=False)


def test_the_answer_carries_exactly_the_keys_of_the_shape(profiles):
    answer = profiles.with_raw_response.create().http_response.json()

    assert set(answer) == KEYS[profiles.shape]
    assert {key for key, value in answer.items() if value is None} == {"name"}
    assert answer["access_type"] == "application"
    assert answer["external_user_details"] == dict.fromkeys([*DETAILS, "onboarded_at"])


@pytest.mark.parametrize("access_type", ["application", "passthrough"])
def test_every_access_type_is_kept(profiles, access_type):
    assert profiles.create(access_type=access_type).access_type == access_type
    assert profiles.update(profiles.create().id, access_type=access_type).access_type == access_type


def test_every_detail_reads_back_as_it_was_written(profiles):
    created = profiles.create(external_user_details=DETAILS)

    assert details(created) == {**DETAILS, "onboarded_at": None}
    assert profiles.retrieve(created.id) == created
    assert profiles.list(limit=1).data == [created]


@pytest.mark.parametrize(
    "one",
    [("account_status", "active"), ("account_status", "blocked")]
    + [("entity_type", kind) for kind in ("individual", "business", "government")],
)
def test_every_word_is_accepted(profiles, one):
    assert getattr(profiles.create(external_user_details=dict([one])).external_user_details, one[0]) == one[1]


def test_an_update_replaces_the_keys_it_names_and_leaves_the_others(profiles):
    created = profiles.create(external_user_details=DETAILS)

    updated = profiles.update(created.id, external_user_details={"country": "SK"})

    assert details(updated) == {**DETAILS, "country": "SK", "onboarded_at": None}
    assert profiles.update(created.id, external_user_details={}) == updated


def test_null_is_as_absent_except_for_a_detail_in_an_update(profiles):
    created = profiles.create(external_user_details={**DETAILS, "country": None})

    assert created.external_user_details.country is None
    assert profiles.create(external_user_details=None).external_user_details.country is None
    assert profiles.update(created.id, external_user_details=None) == created
    for key in [*DETAILS, "onboarded_at"]:
        with pytest.raises(anthropic.BadRequestError, match=f"external_user_details.{key}: "):
            profiles.update(created.id, external_user_details={key: None})
    assert profiles.retrieve(created.id) == created


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(hours=5, minutes=30), timedelta(hours=-8)])
def test_a_time_of_sign_up_with_any_offset_is_the_same_moment(profiles, offset):
    moment = datetime(2026, 3, 15, 10, 0, 0, 123456, tzinfo=timezone(offset))

    created = profiles.create(external_user_details={"onboarded_at": moment})

    assert created.external_user_details.onboarded_at == moment
    assert created.external_user_details.onboarded_at.utcoffset() == timedelta(0)
    assert profiles.retrieve(created.id) == created


@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 15, 10), "2026-03-15T10:00:00", "2026-03-15", "", datetime(2126, 1, 1, tzinfo=timezone.utc)]
)
def test_a_time_without_an_offset_or_to_come_is_refused(profiles, moment):
    for call in [profiles.create, lambda **fields: profiles.update(profiles.create().id, **fields)]:
        with pytest.raises(anthropic.BadRequestError, match="external_user_details.onboarded_at: "):
            call(external_user_details={"onboarded_at": moment})


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"access_type": "friend"}, "access_type"),
        ({"external_user_details": {"account_status": "asleep"}}, "external_user_details.account_status"),
        ({"external_user_details": {"entity_type": "robot"}}, "external_user_details.entity_type"),
        ({"external_user_details": {"country": "cz"}}, "external_user_details.country"),
        ({"external_user_details": {"country": "CZE"}}, "external_user_details.country"),
        ({"external_user_details": {"email_hash": ""}}, "external_user_details.email_hash"),
        ({"external_user_details": {"name_hash": "x" * 256}}, "external_user_details.name_hash"),
        ({"external_user_details": {"reference_id": 7}}, "external_user_details.reference_id"),
        ({"external_user_details": {"shoe_size": "44"}}, "external_user_details.shoe_size"),
        ({"external_user_details": []}, "external_user_details"),
        ({"extra_body": {"external_id": "user_1"}}, "external_id"),
        ({"extra_body": {"relationship": "external"}}, "relationship"),
    ],
)
def test_a_bad_field_is_named(profiles, fields, at_fault):
    with pytest.raises(anthropic.BadRequestError) as caught:
        profiles.create(**fields)

    assert caught.value.body["error"]["message"].startswith(f"{at_fault}: ")
