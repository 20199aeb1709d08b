"""The original shape: `relationship` and `external_id`."""

import anthropic
import pytest
from doors import in_shapes

pytestmark = in_shapes("2026-03-24")

NEVER_NULL = {"id", "created_at", "metadata", "relationship", "trust_grants", "type", "updated_at"}
NULLABLE = {"external_id", "name"}


def test_the_answer_carries_exactly_the_keys_of_the_shape(profiles):
    answer = profiles.with_raw_response.create().http_response.json()

    assert set(answer) == NEVER_NULL | NULLABLE
    assert {key for key, value in answer.items() if value is None} == NULLABLE
    assert (answer["relationship"], answer["trust_grants"], answer["metadata"]) == ("external", {}, {})


@pytest.mark.parametrize("relationship", ["external", "resold", "internal"])
def test_every_relationship_is_kept(profiles, relationship):
    assert profiles.create(name="Example", relationship=relationship).relationship == relationship


def test_an_external_id_can_be_null_at_creation_and_be_cleared(profiles):
    assert profiles.create(external_id=None).external_id is None
    created = profiles.create(external_id="user_1")

    assert profiles.update(created.id, external_id=None).external_id is None
    assert profiles.retrieve(created.id).external_id is None


def test_a_resold_profile_keeps_its_name(profiles):
    created = profiles.create(name="Example", relationship="resold", metadata={"plan": "pro"})

    with pytest.raises(anthropic.BadRequestError, match="name: "):
        profiles.update(created.id, name=None, metadata={"plan": ""})

    assert profiles.retrieve(created.id) == created


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 256}, "external_id"),
        ({"relationship": "friend"}, "relationship"),
        ({"relationship": "resold"}, "name"),
    ],
)
def test_a_bad_field_is_named(profiles, fields, at_fault):
    with pytest.raises(anthropic.BadRequestError) as caught:
        profiles.create(**fields)

    assert caught.value.body["error"]["message"].startswith(f"{at_fault}: ")


@pytest.mark.parametrize("field", ["access_type", "external_user_onboarded_at", "external_user_details"])
def test_a_field_of_a_later_shape_is_explained(profiles, field):
    with pytest.raises(anthropic.BadRequestError) as caught:
        profiles.create(extra_body={field: {}})

    assert caught.value.body["error"]["message"] == f"{field}: not accepted under user-profiles-2026-03-24"


def test_a_release_without_a_method_for_it_deletes_too(client, profiles):
    created = profiles.create(name="Example")

    answer = client.delete(f"/v1/user_profiles/{created.id}?beta=true", cast_to=object)

    assert answer == {"id": created.id, "type": "user_profile_deleted"}
    with pytest.raises(anthropic.NotFoundError):
        profiles.retrieve(created.id)
