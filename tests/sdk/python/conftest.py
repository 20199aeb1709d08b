"""The clients of the official Python SDK that the tests use; `../run` says where the service is and with which keys."""

import json
import os
from pathlib import Path

import anthropic
import pytest


def settings(key, **more):
    # No retries: a client that tries again would hide an answer of 5xx.
    return {"base_url": os.environ["UPROF_TEST_BASE_URL"], "api_key": key, "max_retries": 0, "timeout": 20, **more}


@pytest.fixture(scope="session")
def client():
    """An organization of this test run, with a key that reads and writes."""
    with anthropic.Anthropic(**settings(os.environ["UPROF_TEST_API_KEY"])) as client:
        yield client


@pytest.fixture(scope="session")
def reading_client():
    """The same organization, with a key that only reads."""
    with anthropic.Anthropic(**settings(os.environ["UPROF_TEST_READ_ONLY_KEY"])) as client:
        yield client


@pytest.fixture(scope="session")
def admin():
    """The same organization, with a key that may do everything."""
    with anthropic.Anthropic(**settings(os.environ["UPROF_TEST_ADMIN_KEY"])) as client:
        yield client


@pytest.fixture(scope="session")
def other_client():
    """Another organization, the one of `many`."""
    with anthropic.Anthropic(**settings(os.environ["UPROF_TEST_CROWD_KEY"])) as client:
        yield client


# `door` is the parameter that `doors.in_shapes` gives a test.
@pytest.fixture
def profiles(door, client):
    return door(client)


@pytest.fixture
def reader(door, reading_client):
    return door(reading_client)


@pytest.fixture
def stranger(door, other_client):
    return door(other_client)


@pytest.fixture(scope="session")
def many():
    """All 250 profiles of the other organization as (id, name), oldest first: names in an order and a case of their own,
    and ten profiles without one. No test writes there: other clients read them at the same time."""
    return json.loads(Path(os.environ["UPROF_TEST_CROWD"]).read_text())


@pytest.fixture
def asynchronous(door):
    """Opens the same door of an asynchronous client of the organization of `profiles`, or of another key's."""

    def make(key="UPROF_TEST_API_KEY"):
        client = anthropic.AsyncAnthropic(**settings(os.environ[key]))
        return client, door(client)

    return make
