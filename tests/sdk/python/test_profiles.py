"""Create, retrieve, update and delete: what is the same in every dated shape."""

import asyncio
from datetime import timedelta

import anthropic
import pytest
from doors import in_every_shape, needs

pytestmark = in_every_shape()


def test_a_profile_reads_back_as_it_was_created(profiles):
    created = profiles.create(
        name="Example User", metadata={"plan": "pro", "région": "čeština 🦀"}, **profiles.own_id("user_12345")
    )

    assert created.id.startswith("uprof_01") and len(created.id) == 30
    assert (created.type, created.name) == ("user_profile", "Example User")
    assert created.metadata == {"plan": "pro", "région": "čeština 🦀"}
    assert profiles.retrieve(created.id) == created


def test_the_clients_own_model_takes_every_answer(profiles):
    # The client builds its objects without checking them; here its model is asked to.
    created = profiles.create(name="Example", metadata={"plan": "pro"}, **profiles.own_id("user_1"))
    raw = profiles.with_raw_response

    for answer in [
        raw.create(),
        raw.retrieve(created.id),
        raw.update(created.id, name=None),
        raw.update(created.id, name="Example"),
    ]:
        type(created).model_validate(answer.http_response.json())
        assert answer.headers["content-type"] == "application/json"
    for profile in raw.list(limit=5).http_response.json()["data"]:
        type(created).model_validate(profile)


def test_an_empty_create_has_neither_name_nor_metadata(profiles):
    created = profiles.create()

    assert (created.name, created.metadata) == (None, {})
    assert profiles.retrieve(created.id) == created


def test_a_null_name_at_creation_is_the_same_as_none(profiles):
    assert profiles.create(name=None).name is None
    assert profiles.create(extra_body={"metadata": None}).metadata == {}


def test_times_are_aware_and_in_utc(profiles):
    created = profiles.create()

    assert created.created_at.utcoffset() == timedelta(0)
    assert created.updated_at == created.created_at


def test_names_are_counted_in_characters_not_bytes(profiles):
    assert profiles.create(name="🦀" * 255).name == "🦀" * 255


def test_an_update_merges_metadata_and_an_empty_value_removes_a_key(profiles):
    created = profiles.create(metadata={"retained": "1", "replaced": "2", "removed": "3"})

    updated = profiles.update(created.id, metadata={"replaced": "two", "removed": "", "added": "4", "never_there": ""})

    assert updated.metadata == {"retained": "1", "replaced": "two", "added": "4"}
    assert profiles.retrieve(created.id) == updated


def test_an_update_leaves_what_it_does_not_name(profiles):
    created = profiles.create(name="Before", metadata={"plan": "pro"}, **profiles.own_id("user_1"))

    updated = profiles.update(created.id, name="After")

    assert updated == created.model_copy(update={"name": "After", "updated_at": updated.updated_at})
    assert updated.updated_at > created.updated_at


def test_an_update_with_null_clears_a_name(profiles):
    created = profiles.create(name="Example")

    assert profiles.update(created.id, name=None).name is None
    assert profiles.retrieve(created.id).name is None


def test_an_empty_update_changes_nothing(profiles):
    created = profiles.create(name="Example", metadata={"plan": "pro"})

    assert profiles.update(created.id) == created


@needs("ga")
def test_a_deleted_profile_is_gone(profiles):
    created = profiles.create(name="Example")

    deleted = profiles.delete(created.id)

    assert (deleted.id, deleted.type) == (created.id, "user_profile_deleted")
    for call in [profiles.retrieve, profiles.update, profiles.delete]:
        with pytest.raises(anthropic.NotFoundError):
            call(created.id)
    assert created.id not in [profile.id for profile in profiles.list(limit=5).data]


def test_every_answer_names_its_request(profiles):
    raw = profiles.with_raw_response.create()

    assert raw.headers["request-id"].startswith("req_")
    assert raw.parse()._request_id == raw.headers["request-id"]
    assert profiles.create()._request_id != profiles.create()._request_id


def test_the_asynchronous_client_creates_reads_and_updates(asynchronous):
    async def scenario():
        client, profiles = asynchronous()
        async with client:
            created = await profiles.create(name="Example", metadata={"plan": "pro"})
            assert await profiles.retrieve(created.id) == created
            return await profiles.update(created.id, name=None, metadata={"plan": ""})

    updated = asyncio.run(scenario())

    assert (updated.name, updated.metadata) == (None, {})


def test_creates_at_the_same_moment_become_profiles_of_their_own(asynchronous):
    async def scenario():
        client, profiles = asynchronous()
        async with client:
            return await asyncio.gather(*(profiles.create(name=f"User {number}") for number in range(40)))

    created = asyncio.run(scenario())

    assert [profile.name for profile in created] == [f"User {number}" for number in range(40)]
    assert len({profile.id for profile in created}) == 40
