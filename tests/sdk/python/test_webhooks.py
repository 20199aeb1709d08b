"""Webhooks: endpoints as the client administers them, and what arrives there as the client unwraps it."""

import queue
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import anthropic
import pytest
from doors import needs

WEBHOOKS = "/v1/organizations/webhooks"
EVENTS = [
    "user_profile.enforcement_action_opened",
    "user_profile.enforcement_action_resolved",
    "user_profile.program_status_updated",
]


@pytest.fixture
def endpoint():
    """A URL, and what arrives there, as (body, headers)."""
    arrived = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            arrived.put((body, dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", arrived
        server.shutdown()
        thread.join()


def ask_for_a_grant(client):
    """A new profile whose grant is requested through its link."""
    profile = client.beta.user_profiles.create()
    link = client.post(f"/v1/user_profiles/{profile.id}/enrollment_url", cast_to=object)
    form = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        urllib.request.Request(link["url"], data=b"", headers=form), timeout=20
    )
    return profile


@needs("unwrap")
def test_what_arrives_is_unwrapped_with_the_secret_that_was_shown_and_with_no_other(admin, endpoint):
    from standardwebhooks.webhooks import WebhookVerificationError

    url, arrived = endpoint
    created = admin.post(WEBHOOKS, body={"url": url, "enabled_events": EVENTS}, cast_to=object)
    profile = ask_for_a_grant(admin)

    body, headers = arrived.get(timeout=20)
    event = admin.beta.webhooks.unwrap(body, headers=headers, key=created["signing_secret"])

    assert event.type == "event"
    assert event.id == headers["webhook-id"]
    assert event.data.type == "user_profile.program_status_updated"
    assert event.data.id == profile.id
    assert event.data.organization_id.startswith("org_")
    with pytest.raises(WebhookVerificationError):
        admin.beta.webhooks.unwrap(body + " ", headers=headers, key=created["signing_secret"])
    with pytest.raises(WebhookVerificationError):
        admin.beta.webhooks.unwrap(body, headers=headers, key="whsec_" + "A" * 43 + "=")
    admin.delete(f"{WEBHOOKS}/{created['id']}", cast_to=object)


@needs("unwrap")
def test_both_secrets_unwrap_while_one_replaces_the_other(admin, endpoint):
    url, arrived = endpoint
    created = admin.post(WEBHOOKS, body={"url": url, "enabled_events": EVENTS}, cast_to=object)
    new = admin.post(f"{WEBHOOKS}/{created['id']}/regenerate_signing_secret", cast_to=object)
    ask_for_a_grant(admin)

    body, headers = arrived.get(timeout=20)

    for secret in created["signing_secret"], new["signing_secret"]:
        assert admin.beta.webhooks.unwrap(body, headers=headers, key=secret).id == headers["webhook-id"]
    admin.delete(f"{WEBHOOKS}/{created['id']}", cast_to=object)


@needs("webhooks")
def test_an_endpoint_is_created_retrieved_updated_and_deleted(admin):
    webhooks = admin.beta.organization.webhooks
    created = webhooks.create(url="https://example.com/hook", enabled_events=EVENTS[:1], name="Help desk")
    assert created.signing_secret.startswith("whsec_")
    assert (created.state, created.disabled_reason, created.description) == ("enabled", "", "")

    retrieved = webhooks.retrieve(created.id)
    assert retrieved.to_dict() == {k: v for k, v in created.to_dict().items() if k != "signing_secret"}

    changed = webhooks.update(created.id, description="Notes", enabled_events=[], state="disabled")
    assert (changed.description, changed.enabled_events, changed.state) == ("Notes", EVENTS[:1], "disabled")
    assert changed.updated_at > created.updated_at
    assert webhooks.update(created.id, state="enabled", enabled_events=EVENTS).enabled_events == EVENTS

    secret = webhooks.regenerate_signing_secret(created.id).signing_secret
    assert secret.startswith("whsec_") and secret != created.signing_secret

    deleted = webhooks.delete(created.id)
    assert (deleted.id, deleted.type) == (created.id, "webhook_endpoint_deleted")
    with pytest.raises(anthropic.NotFoundError):
        webhooks.retrieve(created.id)


@needs("external_events")
def test_an_endpoint_subscribes_to_events_of_external_keys_and_storage(admin):
    webhooks = admin.beta.organization.webhooks
    events = ["external_key.failed", "external_key.recovered", "external_storage.failed", "external_storage.recovered"]

    created = webhooks.create(url="https://example.com/hook", enabled_events=events)

    assert created.enabled_events == events
    assert webhooks.update(created.id, enabled_events=EVENTS + events).enabled_events == EVENTS + events
    webhooks.delete(created.id)


@needs("webhooks")
def test_endpoints_are_listed_page_by_page_in_both_orders(admin):
    webhooks = admin.beta.organization.webhooks
    made = [webhooks.create(url="https://example.com", enabled_events=EVENTS).id for _ in range(5)]

    for order, expected in ("asc", made), ("desc", made[::-1]):
        listed = [each.id for each in webhooks.list(order=order, limit=2) if each.id in made]
        assert listed == expected

    for each in made:
        webhooks.delete(each)


@needs("webhooks")
def test_what_is_wrong_with_an_endpoint_is_said_and_strangers_are_refused(admin, client, reading_client):
    with pytest.raises(anthropic.BadRequestError, match="url: "):
        admin.beta.organization.webhooks.create(url="ftp://example.com", enabled_events=EVENTS)
    with pytest.raises(anthropic.BadRequestError, match="enabled_events: "):
        admin.beta.organization.webhooks.create(url="https://example.com", enabled_events=[])
    for without_scope in client, reading_client:
        with pytest.raises(anthropic.PermissionDeniedError):
            without_scope.beta.organization.webhooks.list()
