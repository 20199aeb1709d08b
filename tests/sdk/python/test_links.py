"""The links that an end user opens."""

import urllib.request
from datetime import datetime, timezone

import anthropic
import pytest
from doors import in_every_shape, in_shapes, needs

ENROLL = {"type": "enroll_end_user"}


def status(url):
    """Opens a link as a browser would, with no key."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20).status


def assert_fresh(link, another):
    assert link.expires_at > datetime.now(timezone.utc)
    assert link.url != another.url
    assert status(link.url) == status(another.url) == 200


# The namespace for GA has action URLs in its place.
@in_shapes("2026-03-24", "2026-08-18", "2026-09-04")
def test_an_enrollment_url_is_fresh_on_every_call_and_opens(profiles):
    created = profiles.create(name="Example")

    link, another = profiles.create_enrollment_url(created.id), profiles.create_enrollment_url(created.id)

    assert link.type == another.type == "enrollment_url"
    assert_fresh(link, another)


@in_shapes("2026-03-24", "2026-08-18", "2026-09-04")
def test_an_enrollment_url_needs_a_profile_and_a_key_that_writes(profiles, stranger, reader):
    created = profiles.create(name="Example")

    with pytest.raises(anthropic.NotFoundError):
        stranger.create_enrollment_url(created.id)
    with pytest.raises(anthropic.PermissionDeniedError):
        reader.create_enrollment_url(created.id)


@needs("ga")
@in_every_shape()
def test_an_action_url_is_fresh_on_every_call_and_opens(profiles):
    created = profiles.create(name="Example")

    link, another = (profiles.action_urls.create(created.id, action=ENROLL) for _ in range(2))

    assert link.type == another.type == "user_profile_action_url"
    assert_fresh(link, another)


@needs("ga")
@in_every_shape()
def test_an_action_url_needs_a_profile_an_action_and_a_key_that_writes(profiles, stranger, reader):
    created = profiles.create(name="Example")

    with pytest.raises(anthropic.NotFoundError):
        stranger.action_urls.create(created.id, action=ENROLL)
    with pytest.raises(anthropic.PermissionDeniedError):
        reader.action_urls.create(created.id, action=ENROLL)
    with pytest.raises(anthropic.BadRequestError, match="action.type: "):
        profiles.action_urls.create(created.id, action={"type": "dance"})
