"""What only the generally available shape has: programs and enforcement."""

import anthropic
import pytest
from doors import in_shapes, needs


@in_shapes("ga")
def test_a_new_profile_is_in_no_program(profiles):
    created = profiles.create(name="Example")

    assert (created.programs.cyber, created.programs.efs) == (None, None)


@needs("enforcement")
@in_shapes("ga")
def test_a_new_profile_is_unrestricted(profiles):
    created = profiles.create(name="Example")

    assert (created.enforcement_status, created.enforcement_actions) == ("unrestricted", [])


@needs("enforcement")
@in_shapes("ga")
@pytest.mark.parametrize("statuses", [["unrestricted"], ["banned", "unrestricted"]])
def test_the_filter_for_unrestricted_profiles_finds_all_of_them(stranger, many, statuses):
    found = [profile.id for profile in stranger.list(enforcement_status=statuses, limit=100)]

    assert found == [id for id, _ in reversed(many)]


@needs("enforcement")
@in_shapes("ga")
def test_the_filter_for_other_profiles_finds_none(stranger, many):
    assert list(stranger.list(enforcement_status=["pending", "restricted", "banned"])) == []


@needs("enforcement")
@in_shapes("ga")
def test_an_unknown_status_is_refused_by_name(stranger):
    with pytest.raises(anthropic.BadRequestError, match="enforcement_status"):
        stranger.list(enforcement_status=["unrestricted", "lost"])


@in_shapes("2026-03-24", "2026-08-18", "2026-09-04")
@pytest.mark.parametrize("parameter", ["enforcement_status", "enforcement_status[]"])
def test_the_filter_is_refused_in_the_other_shapes(stranger, parameter):
    with pytest.raises(anthropic.BadRequestError, match="enforcement_status"):
        stranger.list(extra_query={parameter: "banned"})
