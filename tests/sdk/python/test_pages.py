"""Lists, and the automatic paging of the client over more profiles than fit on a page."""

import asyncio

import anthropic
import pytest

BOTH_ORDERS = pytest.mark.parametrize("order", ["asc", "desc"])
PAGE_SIZES = pytest.mark.parametrize("limit", [20, 100])


def in_order(ids, order):
    return ids if order == "asc" else ids[::-1]


@BOTH_ORDERS
@PAGE_SIZES
def test_paging_yields_every_profile_once_and_in_order(stranger, many, order, limit):
    assert [profile.id for profile in stranger.list(order=order, limit=limit)] == in_order(many, order)


@BOTH_ORDERS
@PAGE_SIZES
def test_every_page_but_the_last_is_full(stranger, many, order, limit):
    sizes = [len(page.data) for page in stranger.list(order=order, limit=limit).iter_pages()]

    assert sizes == [limit] * (len(many) // limit) + [len(many) % limit]


def test_a_page_that_ends_exactly_with_the_list_is_the_last(stranger, many):
    assert len(many) % 50 == 0
    assert [len(page.data) for page in stranger.list(limit=50).iter_pages()] == [50] * 5


def test_the_first_page_holds_the_newest_twenty_by_default(stranger, many):
    page = stranger.list()

    assert [profile.id for profile in page.data] == many[::-1][:20]
    assert page.has_next_page()


def test_a_page_can_be_asked_for_by_its_cursor(stranger, many):
    first = stranger.list(limit=10, order="asc")

    second = stranger.list(limit=10, order="asc", page=first.next_page)

    assert [profile.id for profile in second.data] == many[10:20]


def test_a_list_holds_what_retrieve_answers(stranger, many):
    assert [stranger.retrieve(profile.id) for profile in stranger.list(limit=3).data] == stranger.list(limit=3).data


def test_the_asynchronous_client_pages_too(asynchronous, many):
    async def scenario():
        async with asynchronous("UPROF_TEST_OTHER_ORGANIZATION_KEY") as client:
            return [profile.id async for profile in client.beta.user_profiles.list(limit=100)]

    assert asyncio.run(scenario()) == many[::-1]


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_outside_the_range_is_refused_by_name(stranger, limit):
    with pytest.raises(anthropic.BadRequestError, match="limit: "):
        stranger.list(limit=limit)


def test_an_unknown_order_is_refused_by_name(stranger):
    with pytest.raises(anthropic.BadRequestError, match="order: "):
        stranger.list(order="sideways")


def test_a_cursor_works_in_the_order_it_was_made_for_only(stranger, many):
    cursor = stranger.list(limit=10, order="asc").next_page

    for page, order in [(cursor, "desc"), ("no cursor of ours", "asc")]:
        with pytest.raises(anthropic.BadRequestError, match="page: "):
            stranger.list(limit=10, order=order, page=page)
