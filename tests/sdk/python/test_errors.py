"""What the service refuses arrives as the exception that the SDK has for it."""

import os

import anthropic
import pytest
from conftest import settings
from doors import DETAILED, in_every_shape

pytestmark = in_every_shape()

UNKNOWN_ID = "uprof_011CZkZCu8hGbp5mYRQgUmz9"


def refused(kind, call):
    """The exception, once its envelope has proved complete."""
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert error.body["type"] == "error"
    assert error.body["request_id"] == error.request_id == error.response.headers["request-id"]
    return error


def message(error):
    return error.body["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": 7}, "name"),
        ({"metadata": {"plan": ""}}, "metadata.plan"),
        ({"metadata": {"plan": "x" * 513}}, "metadata.plan"),
        ({"metadata": {"k" * 65: "x"}}, "metadata"),
        ({"metadata": {f"key_{number}": "x" for number in range(17)}}, "metadata"),
    ],
)
def test_a_bad_field_is_named(profiles, fields, at_fault):
    error = refused(anthropic.BadRequestError, lambda: profiles.create(**fields))

    assert error.body["error"]["type"] == "invalid_request_error"
    assert message(error).startswith(at_fault)


def test_all_bad_fields_are_named_at_once(profiles):
    error = refused(
        anthropic.BadRequestError,
        lambda: profiles.create(name="", metadata={"plan": ""}, **profiles.own_id("x" * 256)),
    )

    own_id = "external_user_details.reference_id" if profiles.shape in DETAILED else "external_id"
    assert {reason.split(": ")[0] for reason in message(error).split("; ")} == {"name", "metadata.plan", own_id}


def test_metadata_values_have_to_be_strings(profiles):
    error = refused(anthropic.BadRequestError, lambda: profiles.create(metadata={"seats": 5}))

    assert message(error) == "metadata.seats: Input should be a valid string"


def test_a_key_outside_the_shape_is_refused(profiles):
    error = refused(anthropic.BadRequestError, lambda: profiles.create(extra_body={"nickname": "Ex"}))

    assert message(error) == "nickname: Extra inputs are not permitted"


def test_a_refused_update_changes_nothing(profiles):
    created = profiles.create(name="Example", metadata={"plan": "pro"})

    refused(anthropic.BadRequestError, lambda: profiles.update(created.id, name="x" * 256, metadata={"plan": ""}))
    refused(anthropic.BadRequestError, lambda: profiles.update(created.id, name="Other", extra_body={"nickname": "Ex"}))

    assert profiles.retrieve(created.id) == created


def test_the_sixteen_pairs_are_counted_after_the_merge(profiles):
    full = {f"key_{number}": "x" for number in range(16)}
    created = profiles.create(metadata=full)

    refused(anthropic.BadRequestError, lambda: profiles.update(created.id, metadata={"one_more": "x"}))

    assert profiles.update(created.id, metadata={"key_0": "", "one_more": "x"}).metadata.keys() == (
        full.keys() - {"key_0"} | {"one_more"}
    )


def test_a_wrong_key_is_an_authentication_error(door):
    for key in ["wrong", os.environ["UPROF_TEST_API_KEY"][:-1]]:
        with anthropic.Anthropic(**settings(key)) as client:
            error = refused(anthropic.AuthenticationError, door(client).create)
            assert error.body["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("missing", [UNKNOWN_ID, "uprof_01", "not an id", "a/b", "ü"])
def test_an_unknown_and_a_malformed_id_are_not_found(profiles, missing):
    error = refused(anthropic.NotFoundError, lambda: profiles.retrieve(missing))
    assert error.body["error"]["type"] == "not_found_error"
    refused(anthropic.NotFoundError, lambda: profiles.update(missing, name="Example"))


def test_a_profile_of_another_organization_is_not_found(profiles, stranger):
    created = profiles.create(name="Example")

    refused(anthropic.NotFoundError, lambda: stranger.retrieve(created.id))
    refused(anthropic.NotFoundError, lambda: stranger.update(created.id, name="Theirs"))

    assert profiles.retrieve(created.id) == created


def test_a_key_that_only_reads_may_not_write(profiles, reader):
    created = profiles.create(name="Example")

    assert reader.retrieve(created.id) == created
    error = refused(anthropic.PermissionDeniedError, lambda: reader.create(name="Example"))
    assert error.body["error"]["type"] == "permission_error"
    refused(anthropic.PermissionDeniedError, lambda: reader.update(created.id, name="Other"))
    assert profiles.retrieve(created.id) == created
