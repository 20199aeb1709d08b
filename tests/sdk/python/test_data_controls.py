"""Data controls on Google's cloud: shown as disabled, and never enabled."""

import anthropic
import pytest
from doors import needs

pytestmark = needs("data_controls")


@pytest.fixture
def profile(client):
    return client.beta.user_profiles.create(external_id="user_12345")


@pytest.fixture
def controls(client):
    return client.beta.user_profiles.providers.google.data_controls


def test_both_controls_are_disabled(controls, profile):
    shown = controls.retrieve(profile.id)

    assert (shown.type, shown.user_profile_id, shown.updated_at) == (
        "google_managed_data_controls",
        profile.id,
        profile.created_at,
    )
    assert (shown.cmek.type, shown.cmek.retired_keys) == ("disabled", [])
    assert (shown.storage.type, shown.storage.retired_buckets) == ("disabled", [])
    assert type(shown.cmek).__name__ == "BetaGoogleManagedCMEKDisabled"
    assert type(shown.storage).__name__ == "BetaGoogleManagedStorageDisabled"


def test_disabling_them_changes_nothing(controls, profile):
    shown = controls.retrieve(profile.id)

    assert controls.update(profile.id) == shown
    assert controls.update(profile.id, cmek={"type": "disabled"}, storage={"type": "disabled"}) == shown


def test_enabling_one_is_refused_as_an_error_of_its_own(controls, profile):
    from anthropic.types import BetaCMEKNotApprovedError, BetaStorageNotApprovedError

    with pytest.raises(BetaCMEKNotApprovedError, match="cmek: ") as refused:
        controls.update(profile.id, cmek={"type": "enabled", "external_key_ids": {"us": "ekey_1"}})
    assert (refused.value.error_code, refused.value.details.error_code) == ("cmek_not_approved", "cmek_not_approved")
    bucket = {"project_number": "1", "bucket_name": "b"}
    with pytest.raises(BetaStorageNotApprovedError, match="storage: ") as refused:
        controls.update(profile.id, storage={"type": "enabled", "buckets": {"us": bucket, "eu": None}})
    assert refused.value.error_code == "storage_not_approved"


def test_what_is_wrong_with_an_update_is_named_and_strangers_find_nothing(controls, profile, reading_client, other_client):
    with pytest.raises(anthropic.BadRequestError, match=r"cmek\.type: .*; storage\.type: Field required") as refused:
        controls.update(profile.id, cmek={"type": "off"}, storage={})
    assert refused.value.body["error"]["details"] is None
    with pytest.raises(anthropic.NotFoundError):
        other_client.beta.user_profiles.providers.google.data_controls.retrieve(profile.id)
    reader = reading_client.beta.user_profiles.providers.google.data_controls
    assert reader.retrieve(profile.id) == controls.retrieve(profile.id)
    with pytest.raises(anthropic.PermissionDeniedError):
        reader.update(profile.id)
