"""Times that the service takes: a schema cannot say that a time of sign-up has passed."""

import datetime

import schemathesis
from hypothesis import strategies

offsets = strategies.integers(-23 * 60, 23 * 60).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
moments = strategies.datetimes(
    min_value=datetime.datetime(1, 1, 2), max_value=datetime.datetime(2026, 1, 1), timezones=offsets
)
schemathesis.openapi.format("date-time", moments.map(lambda moment: moment.isoformat()))
