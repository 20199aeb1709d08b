"""Batches, which this service adds: sent by the SDK's own means for paths that it has no method for."""

import uuid

import anthropic
import pytest
from doors import in_every_shape

pytestmark = in_every_shape()

PATH = "/v1/user_profiles/batch"


def send(client, shape, requests, query="", headers=None):
    asking = {} if shape == "ga" else {"anthropic-beta": f"user-profiles-{shape}"}
    options = {"headers": {**asking, **(headers or {})}}
    return client.post(f"{PATH}{query}", cast_to=object, body={"requests": requests}, options=options)


def test_creates_and_updates_succeed_or_fail_each_by_itself(client, profiles):
    existing = profiles.create(name="Before")
    answer = send(
        client,
        profiles.shape,
        [
            {"custom_id": "first", "params": {"name": "First", **profiles.own_id("batch_1")}},
            {"custom_id": "wrong", "params": {"name": ""}},
            {"custom_id": "changed", "user_profile_id": existing.id, "params": {"name": "After"}},
        ],
    )

    assert answer["request_counts"] == {"succeeded": 2, "errored": 1}
    first, wrong, changed = (result["result"] for result in answer["results"])
    assert [result["custom_id"] for result in answer["results"]] == ["first", "wrong", "changed"]
    assert wrong["error"]["type"] == "invalid_request_error"
    assert wrong["error"]["message"].startswith("name: ")
    # As the SDK reads the profile of a single request.
    for result in first, changed:
        retrieved = profiles.retrieve(result["user_profile"]["id"])
        assert type(retrieved).construct(**result["user_profile"]).to_dict().keys() == retrieved.to_dict().keys()
        assert retrieved.name == result["user_profile"]["name"]
    assert changed["user_profile"]["id"] == existing.id


def test_a_batch_that_is_sent_twice_under_an_idempotency_key_is_done_once(client, profiles):
    requests = [{"custom_id": str(number), "params": {"name": f"Row {number}"}} for number in range(3)]
    key = {"idempotency-key": str(uuid.uuid4())}

    first, second = (send(client, profiles.shape, requests, headers=key) for _ in range(2))

    assert first["request_counts"]["succeeded"] == 3
    assert second == first


def test_an_atomic_batch_with_a_wrong_request_is_refused_and_changes_nothing(client, profiles):
    existing = profiles.create(name="Before")
    requests = [
        {"custom_id": "changed", "user_profile_id": existing.id, "params": {"name": "After"}},
        {"custom_id": "wrong", "params": {"name": ""}},
    ]

    with pytest.raises(anthropic.BadRequestError, match="wrong"):
        send(client, profiles.shape, requests, query="?atomic=true")

    assert profiles.retrieve(existing.id) == existing
