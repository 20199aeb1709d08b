"""What the service takes and a schema cannot say: times that have passed, or are yet to come, as UPROF_TEST_TIMES has it
(`past` or `future`), and idempotency keys that no other request had."""

import datetime
import os
import uuid

import schemathesis
from hypothesis import strategies

first, last = {
    "past": (datetime.datetime(1, 1, 2), datetime.datetime(2026, 1, 1)),
    "future": (datetime.datetime(2100, 1, 1), datetime.datetime(9999, 12, 30)),
}[os.environ["UPROF_TEST_TIMES"]]
offsets = strategies.integers(-23 * 60, 23 * 60).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
moments = strategies.datetimes(min_value=first, max_value=last, timezones=offsets)
schemathesis.openapi.format("date-time", moments.map(lambda moment: moment.isoformat()))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Takes another key for one that is well-formed: the same one in another request is refused."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key and key.isascii() and key.isprintable() and len(key) <= 255:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    # What covers the lengths of a header's schema overlooks its pattern, and sends an empty one as a valid one.
    if (case.headers or {}).get("If-Match") == "" and case.meta.generation.mode.is_positive:
        case.headers["If-Match"] = "*"
