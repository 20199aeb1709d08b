"""A client that exceeds a rate limit waits as long as `retry-after` says, and succeeds."""

import os

import anthropic
from conftest import settings
from doors import DOORS


def test_a_client_over_its_rate_limit_waits_and_succeeds():
    statuses = []
    counting = anthropic.DefaultHttpxClient(
        event_hooks={"response": [lambda response: statuses.append(response.status_code)]}
    )
    key = os.environ["UPROF_TEST_LIMITED_KEY"]
    with anthropic.Anthropic(**settings(key, max_retries=5, http_client=counting)) as client:
        profiles = next(iter(DOORS.values()))(client)
        first, second = profiles.create(name="First"), profiles.create(name="Second")

    assert first.id != second.id
    # The second create is refused at first.
    assert (statuses[:2], statuses[-1], statuses.count(200)) == ([200, 429], 200, 2)
