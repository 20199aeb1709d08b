"""Lists, and the automatic paging of the client over more profiles than fit on a page."""

import asyncio
import uuid

import anthropic
import pytest
from doors import in_every_shape, needs

pytestmark = in_every_shape()

BOTH_ORDERS = pytest.mark.parametrize("order", ["asc", "desc"])


def by_creation(many, order):
    ids = [id for id, _ in many]
    return ids if order == "asc" else ids[::-1]


def by_name(many, order):
    """ASCII letters without their case; those without a name last both ways, ties by id in the order asked for."""
    downwards = order == "desc"
    named = sorted((one for one in many if one[1]), key=lambda one: one[1].lower(), reverse=downwards)
    return [id for id, _ in named] + sorted((id for id, name in many if not name), reverse=downwards)


@BOTH_ORDERS
@pytest.mark.parametrize("limit", [20, 100])
def test_paging_yields_every_profile_once_and_in_order(stranger, many, order, limit):
    assert [profile.id for profile in stranger.list(order=order, limit=limit)] == by_creation(many, order)


@needs("order_by")
@BOTH_ORDERS
@pytest.mark.parametrize("limit", [7, 100])
def test_paging_by_name_does_too(stranger, many, order, limit):
    listed = stranger.list(order=order, limit=limit, order_by="name")

    assert [profile.id for profile in listed] == by_name(many, order)


@needs("order_by")
def test_paging_by_creation_can_be_asked_for_by_name(stranger, many):
    assert [profile.id for profile in stranger.list(order_by="created_at", limit=100)] == by_creation(many, "desc")


@BOTH_ORDERS
def test_every_page_but_the_last_is_full(stranger, many, order):
    sizes = [len(page.data) for page in stranger.list(order=order, limit=100).iter_pages()]

    assert sizes == [100, 100, 50]


def test_a_page_that_ends_exactly_with_the_list_is_the_last(stranger, many):
    assert [len(page.data) for page in stranger.list(limit=50).iter_pages()] == [50] * 5


def test_the_first_page_holds_the_newest_twenty_by_default(stranger, many):
    page = stranger.list()

    assert [profile.id for profile in page.data] == by_creation(many, "desc")[:20]
    assert page.has_next_page()


def test_filters_of_this_service_are_sent_as_further_parameters_and_with_every_page(profiles):
    plan = f"plan {uuid.uuid4()}"
    created = [profiles.create(metadata={"plan": plan}, **profiles.own_id(f"{plan} {n}")).id for n in range(5)]

    listed = profiles.list(limit=2, order="asc", extra_query={"metadata": {"plan": plan}})
    assert [profile.id for profile in listed] == created

    own_id = profiles.own_id(f"{plan} 3")
    listed = profiles.list(extra_query={**own_id, "metadata": {"plan": plan}})
    assert [profile.id for profile in listed] == [created[3]]

    with pytest.raises(anthropic.BadRequestError, match="metdata"):
        profiles.list(extra_query={"metdata": {"plan": plan}})


def test_a_page_can_be_asked_for_by_its_cursor(stranger, many):
    first = stranger.list(limit=10, order="asc")

    second = stranger.list(limit=10, order="asc", page=first.next_page)

    assert [profile.id for profile in second.data] == by_creation(many, "asc")[10:20]
    assert [profile.id for profile in first.get_next_page().data] == by_creation(many, "asc")[10:20]


def test_a_list_holds_what_retrieve_answers(stranger, many):
    listed = stranger.list(limit=3).data

    assert [stranger.retrieve(profile.id) for profile in listed] == listed


def test_the_asynchronous_client_pages_too(asynchronous, many):
    async def scenario():
        client, profiles = asynchronous("UPROF_TEST_CROWD_KEY")
        async with client:
            return [profile.id async for profile in profiles.list(limit=100)]

    assert asyncio.run(scenario()) == by_creation(many, "desc")


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_outside_the_range_is_refused_by_name(stranger, limit):
    with pytest.raises(anthropic.BadRequestError, match="limit: "):
        stranger.list(limit=limit)


def test_an_unknown_order_is_refused_by_name(stranger):
    with pytest.raises(anthropic.BadRequestError, match="order: "):
        stranger.list(order="sideways")
    with pytest.raises(anthropic.BadRequestError, match="order_by: "):
        stranger.list(extra_query={"order_by": "shoe_size"})


def test_a_cursor_works_in_the_order_it_was_made_for_only(stranger, many):
    cursor = stranger.list(limit=10, order="asc").next_page

    for page, order, more in [
        (cursor, "desc", {}),
        (cursor, "asc", {"order_by": "name"}),
        ("no cursor of ours", "asc", {}),
    ]:
        with pytest.raises(anthropic.BadRequestError, match="page: "):
            stranger.list(limit=10, order=order, page=page, extra_query=more)

