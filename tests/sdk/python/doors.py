"""The ways into the service that this release of the client has: its namespaces, in the dated shapes that each speaks."""

import functools
import os

import pytest

# The lines of ../features that hold for this release.
FEATURES = frozenset(os.environ["UPROF_TEST_FEATURES"].split())


class Door:
    """A namespace of the client; its methods all get the arguments that ask for one dated shape."""

    def __init__(self, namespace, shape, **asking):
        self.namespace, self.shape, self.asking = namespace, shape, asking

    def __getattr__(self, name):
        found = getattr(self.namespace, name)
        if name in ("create", "update") and "names" not in FEATURES:
            return functools.partial(with_names, found)
        return functools.partial(found, **self.asking) if callable(found) else Door(found, self.shape, **self.asking)

    def own_id(self, value):
        """The field in which this shape takes the platform's own id."""
        return {"external_user_details": {"reference_id": value}} if self.shape in DETAILED else {"external_id": value}


def with_names(method, *arguments, extra_body=None, **fields):
    """Calls a method that has no arguments for these two fields, as a user of such a release does."""
    extra = {name: fields.pop(name) for name in ("name", "relationship") if name in fields}
    return method(*arguments, **fields, extra_body={**(extra_body or {}), **extra})


# The shapes with `external_user_details`.
DETAILED = ("2026-09-04", "ga")

# What opens a door, given a client: one for every shape that this release reaches without headers of one's own.
DOORS = {}
if "access_type" in FEATURES:
    DOORS["2026-08-18"] = lambda client: Door(client.beta.user_profiles, "2026-08-18")
else:
    DOORS["2026-03-24"] = lambda client: Door(client.beta.user_profiles, "2026-03-24")
if "external_details" in FEATURES:
    DOORS["2026-09-04"] = lambda client: Door(
        client.beta.user_profiles, "2026-09-04", betas=["user-profiles-2026-09-04"]
    )
if "ga" in FEATURES:
    DOORS["ga"] = lambda client: Door(client.user_profiles, "ga")


def in_shapes(*shapes):
    """Runs a test once in each of these shapes, so far as this release speaks them."""
    spoken = [shape for shape in shapes if shape in DOORS]
    return pytest.mark.parametrize(
        "door", [DOORS[shape] for shape in spoken] or [pytest.param(None, marks=pytest.mark.skip("not spoken"))], ids=spoken or ["none"]
    )  # fmt: skip


def in_every_shape():
    return in_shapes(*DOORS)


def needs(feature):
    return pytest.mark.skipif(feature not in FEATURES, reason=f"this release has no {feature}")
