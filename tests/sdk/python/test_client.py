"""The client itself: whether it has what ../features says of its release."""

import inspect

from anthropic.types import beta
from doors import FEATURES


def parameters(method):
    return set(inspect.signature(method).parameters)


def test_the_client_has_the_features_that_the_table_names(client):
    profiles, first = client.beta.user_profiles, getattr(client, "user_profiles", None)
    holds = {
        "names": "name" in parameters(profiles.create),
        "unwrap": hasattr(getattr(client.beta, "webhooks", None), "unwrap"),
        "access_type": "access_type" in parameters(profiles.create),
        "onboarded_at": "external_user_onboarded_at" in parameters(profiles.create),
        "order_by": "order_by" in parameters(profiles.list),
        "external_details": "external_user_details" in parameters(profiles.create),
        "workspace_id": "workspace_id" in parameters(profiles.retrieve),
        "ga": first is not None and all(hasattr(it, "delete") and hasattr(it, "action_urls") for it in (profiles, first)),
        "dated_ga": client.default_headers["anthropic-version"] >= "2026-10-21",
        "webhooks": hasattr(getattr(client.beta, "organization", None), "webhooks"),
        "enforcement": first is not None and "enforcement_status" in parameters(first.list),
        "external_events": hasattr(beta, "BetaWebhookExternalStorageFailedEventData"),
        "data_controls": hasattr(profiles, "providers"),
    }

    assert {feature for feature, held in holds.items() if held} == FEATURES


def test_every_release_names_the_same_five_methods(client):
    for method in ["create", "retrieve", "update", "list", "create_enrollment_url"]:
        assert callable(getattr(client.beta.user_profiles, method))
    assert beta.BetaUserProfile
