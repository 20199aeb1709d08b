"""Create, retrieve, update and delete, as the original shape of the resource answers them."""

import asyncio
import os
from datetime import timedelta

import anthropic
import pytest
from anthropic.types.beta import BetaUserProfile

NEVER_NULL = {"id", "created_at", "metadata", "relationship", "trust_grants", "type", "updated_at"}
NULLABLE = {"external_id", "name"}


def test_a_profile_with_every_field_reads_back_as_it_was_created(profiles):
    created = profiles.create(
        external_id="user_12345", name="Example User", relationship="resold", metadata={"plan": "pro", "région": "čeština 🦀"}
    )

    assert type(created) is BetaUserProfile
    assert created.id.startswith("uprof_01") and len(created.id) == 30
    assert created.type == "user_profile"
    assert created.external_id == "user_12345"
    assert created.name == "Example User"
    assert created.relationship == "resold"
    assert created.metadata == {"plan": "pro", "région": "čeština 🦀"}
    assert created.trust_grants == {}
    assert profiles.retrieve(created.id) == created


def test_an_empty_create_gets_the_defaults(profiles):
    created = profiles.create()

    assert (created.relationship, created.metadata, created.trust_grants) == ("external", {}, {})
    assert (created.external_id, created.name) == (None, None)
    assert profiles.retrieve(created.id) == created


def test_null_at_creation_is_the_same_as_absent(profiles):
    created = profiles.create(external_id=None, name=None)

    assert (created.external_id, created.name) == (None, None)


def test_the_answer_carries_exactly_the_keys_of_the_shape(profiles):
    answer = profiles.with_raw_response.create().http_response

    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == NEVER_NULL | NULLABLE
    assert {key for key, value in answer.json().items() if value is None} == NULLABLE


def test_times_are_aware_and_in_utc(profiles):
    created = profiles.create()

    assert created.created_at.utcoffset() == timedelta(0)
    assert created.updated_at == created.created_at


def test_names_are_counted_in_characters_not_bytes(profiles):
    assert profiles.create(name="🦀" * 255).name == "🦀" * 255


@pytest.mark.parametrize("relationship", ["external", "resold", "internal"])
def test_every_relationship_is_kept(profiles, relationship):
    assert profiles.create(name="Example", relationship=relationship).relationship == relationship


def test_an_update_merges_metadata_and_an_empty_value_removes_a_key(profiles):
    created = profiles.create(metadata={"kept": "1", "replaced": "2", "removed": "3"})

    updated = profiles.update(created.id, metadata={"replaced": "two", "removed": "", "added": "4", "never_there": ""})

    assert updated.metadata == {"kept": "1", "replaced": "two", "added": "4"}
    assert profiles.retrieve(created.id) == updated


def test_an_update_leaves_what_it_does_not_name(profiles):
    created = profiles.create(external_id="user_1", name="Before", metadata={"plan": "pro"})

    updated = profiles.update(created.id, name="After")

    assert updated == created.model_copy(update={"name": "After", "updated_at": updated.updated_at})


def test_an_update_with_null_clears_a_name_and_an_external_id(profiles):
    created = profiles.create(external_id="user_1", name="Example")

    assert profiles.update(created.id, name=None).name is None
    assert profiles.update(created.id, external_id=None).external_id is None
    assert profiles.retrieve(created.id).name is None


def test_an_empty_update_changes_nothing(profiles):
    created = profiles.create(name="Example", metadata={"plan": "pro"})

    assert profiles.update(created.id) == created


def test_a_deleted_profile_is_gone(client, profiles):
    created = profiles.create(name="Example")

    # The SDK of these releases has no method for it; the route answers under every shape.
    answer = client.delete(f"/v1/user_profiles/{created.id}?beta=true", cast_to=object)

    assert answer == {"id": created.id, "type": "user_profile_deleted"}
    with pytest.raises(anthropic.NotFoundError):
        profiles.retrieve(created.id)


def test_every_answer_names_its_request(profiles):
    raw = profiles.with_raw_response.create()

    assert raw.headers["request-id"].startswith("req_")
    assert raw.parse()._request_id == raw.headers["request-id"]
    assert profiles.create()._request_id != profiles.create()._request_id


def test_a_key_is_taken_as_a_bearer_token_too():
    address, key = os.environ["UPROF_TEST_BASE_URL"], os.environ["UPROF_TEST_API_KEY"]
    with anthropic.Anthropic(base_url=address, auth_token=key, max_retries=0) as client:
        assert client.beta.user_profiles.create(name="Example").name == "Example"


def test_beta_values_of_other_features_ride_along(profiles):
    created = profiles.create(name="Example", betas=["message-batches-2024-09-24"])

    assert profiles.retrieve(created.id, betas=["message-batches-2024-09-24"]) == created


def test_the_asynchronous_client_creates_reads_and_updates(asynchronous):
    async def scenario():
        async with asynchronous() as client:
            profiles = client.beta.user_profiles
            created = await profiles.create(name="Example", metadata={"plan": "pro"})
            assert await profiles.retrieve(created.id) == created
            return await profiles.update(created.id, name=None, metadata={"plan": ""})

    updated = asyncio.run(scenario())

    assert (updated.name, updated.metadata) == (None, {})


def test_creates_at_the_same_moment_become_profiles_of_their_own(asynchronous):
    async def scenario():
        async with asynchronous() as client:
            profiles = client.beta.user_profiles
            return await asyncio.gather(*(profiles.create(external_id=f"user_{number}") for number in range(40)))

    created = asyncio.run(scenario())

    assert [profile.external_id for profile in created] == [f"user_{number}" for number in range(40)]
    assert len({profile.id for profile in created}) == 40
