"""`ETag` and `If-Match`: a change on condition of a revision, with the SDK's own means."""

import anthropic
import pytest
from doors import in_every_shape, needs

pytestmark = in_every_shape()

UNDER = "If-Match"


def tag(profiles, profile_id):
    return profiles.with_raw_response.retrieve(profile_id).headers["etag"]


def refused(call):
    """The SDK has no class for this status: it raises the general one."""
    with pytest.raises(anthropic.APIStatusError) as caught:
        call()
    error = caught.value
    assert error.status_code == 412
    assert error.body["error"]["type"] == "invalid_request_error"
    assert error.body["request_id"] == error.request_id


def test_an_update_of_a_revision_that_was_read_succeeds_and_of_an_older_one_changes_nothing(profiles):
    answer = profiles.with_raw_response.create(name="Before")
    created, stale = answer.parse(), answer.headers["etag"]
    assert stale == f'"1-{profiles.shape}"'

    updated = profiles.update(created.id, name="After", extra_headers={UNDER: stale})
    assert updated.name == "After"
    refused(lambda: profiles.update(created.id, name="Lost", extra_headers={UNDER: stale}))
    assert profiles.retrieve(created.id) == updated

    fresh = tag(profiles, created.id)
    assert fresh == f'"2-{profiles.shape}"'
    assert profiles.update(created.id, name="Again", extra_headers={UNDER: fresh}).name == "Again"


@needs("ga")
def test_a_delete_of_an_older_revision_deletes_nothing(profiles):
    created = profiles.create(name="Before")
    stale = tag(profiles, created.id)
    updated = profiles.update(created.id, name="After")

    refused(lambda: profiles.delete(created.id, extra_headers={UNDER: stale}))
    assert profiles.retrieve(created.id) == updated

    assert profiles.delete(created.id, extra_headers={UNDER: tag(profiles, created.id)}).id == created.id
