"""The clients of the official Python SDK that the tests use; `../run` says where the service is and with which keys."""

import os

import anthropic
import pytest


def settings(key):
    # No retries: a client that tries again would hide an answer of 5xx.
    return {"base_url": os.environ["UPROF_TEST_BASE_URL"], "api_key": os.environ[key], "max_retries": 0, "timeout": 20}


@pytest.fixture(scope="session")
def client():
    """An organization of this test run, with a key that reads and writes."""
    with anthropic.Anthropic(**settings("UPROF_TEST_API_KEY")) as client:
        yield client


@pytest.fixture(scope="session")
def profiles(client):
    return client.beta.user_profiles


@pytest.fixture(scope="session")
def reader():
    """The same organization, with a key that only reads."""
    with anthropic.Anthropic(**settings("UPROF_TEST_READ_ONLY_KEY")) as client:
        yield client.beta.user_profiles


@pytest.fixture(scope="session")
def stranger():
    """Another organization, in which only the fixture `many` creates profiles."""
    with anthropic.Anthropic(**settings("UPROF_TEST_OTHER_ORGANIZATION_KEY")) as client:
        yield client.beta.user_profiles


@pytest.fixture(scope="session")
def many(stranger):
    """The ids of all 250 profiles of the other organization, oldest first."""
    return [stranger.create(external_id=f"user_{number}").id for number in range(250)]


@pytest.fixture
def asynchronous():
    """Makes an asynchronous client for the organization of `client`, or for the other one."""

    def make(key="UPROF_TEST_API_KEY"):
        return anthropic.AsyncAnthropic(**settings(key))

    return make
