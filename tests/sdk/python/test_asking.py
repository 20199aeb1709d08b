"""How a client asks for a shape, and for a workspace."""

import os

import anthropic
import pytest
from conftest import settings
from doors import DETAILED, FEATURES, in_every_shape, in_shapes

WORKSPACE = os.environ["UPROF_TEST_WORKSPACE"]
DATED = ("2026-03-24", "2026-08-18", "2026-09-04")


@in_shapes(*DATED)
def test_beta_values_of_other_features_ride_along(profiles):
    betas = [*profiles.asking.get("betas", []), "message-batches-2024-09-24"]

    created = profiles.create(name="Example", betas=betas)

    assert profiles.retrieve(created.id, betas=betas) == profiles.retrieve(created.id) == created


@in_shapes("ga")
def test_beta_values_of_other_features_select_no_shape(profiles):
    created = profiles.create(name="Example", extra_headers={"anthropic-beta": "message-batches-2024-09-24"})

    assert profiles.retrieve(created.id) == created


@in_shapes(*DATED)
def test_an_unknown_date_of_this_resource_is_refused(profiles):
    # The client sends its own, known date beside the one given here.
    with pytest.raises(anthropic.BadRequestError) as caught:
        profiles.create(betas=["user-profiles-2020-01-01"])

    assert caught.value.body["error"]["message"] == (
        "Unexpected value(s) `user-profiles-2020-01-01` for the `anthropic-beta` header."
    )


@in_every_shape()
def test_every_other_shape_reads_what_one_wrote(client, door):
    from doors import DOORS

    created = door(client).create(name="Example", metadata={"plan": "pro"}, **door(client).own_id("user_1"))

    for other in DOORS.values():
        seen = other(client).retrieve(created.id)
        assert (seen.id, seen.name, seen.metadata) == (created.id, "Example", {"plan": "pro"})
        assert (seen.created_at, seen.updated_at) == (created.created_at, created.updated_at)
        assert own_id(other(client).shape, seen) == "user_1"


def own_id(shape, profile):
    return profile.external_user_details.reference_id if shape in DETAILED else profile.external_id


@in_every_shape()
def test_a_key_is_accepted_as_a_bearer_token_too(door):
    key = os.environ["UPROF_TEST_API_KEY"]
    with anthropic.Anthropic(**{**settings(None), "auth_token": key}) as client:
        assert door(client).create(name="Example").name == "Example"


def in_workspace(workspace):
    """The arguments that choose it: what the release has, or the header."""
    if "workspace_id" in FEATURES:
        return {"workspace_id": workspace}
    return {"extra_headers": {"anthropic-workspace-id": workspace}}


@in_every_shape()
def test_a_key_of_a_workspace_may_name_it_or_not(door):
    with anthropic.Anthropic(**settings(os.environ["UPROF_TEST_WORKSPACE_KEY"])) as client:
        profiles = door(client)
        created = profiles.create(name="Example", **in_workspace(WORKSPACE))

        assert profiles.retrieve(created.id) == profiles.retrieve(created.id, **in_workspace(WORKSPACE)) == created
        assert profiles.update(created.id, **in_workspace(WORKSPACE)) == created
        assert created in profiles.list(**in_workspace(WORKSPACE)).data


@in_every_shape()
def test_a_key_of_a_workspace_serves_no_other(door):
    with anthropic.Anthropic(**settings(os.environ["UPROF_TEST_WORKSPACE_KEY"])) as client:
        profiles, elsewhere = door(client), in_workspace("wrkspc_01Elsewhere")
        created = profiles.create(name="Example")

        for call in [
            lambda: profiles.create(name="Example", **elsewhere),
            lambda: profiles.retrieve(created.id, **elsewhere),
            lambda: profiles.update(created.id, name="Other", **elsewhere),
            lambda: profiles.list(**elsewhere),
        ]:
            with pytest.raises(anthropic.PermissionDeniedError, match="anthropic-workspace-id: "):
                call()
        assert profiles.retrieve(created.id) == created


@in_every_shape()
def test_a_key_of_no_workspace_serves_any(profiles):
    created = profiles.create(name="Example", **in_workspace("wrkspc_01Elsewhere"))

    assert profiles.retrieve(created.id, **in_workspace(WORKSPACE)) == created
