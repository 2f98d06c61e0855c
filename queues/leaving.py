"""“You may leave for a while”: until when somebody who waits can safely be away.

It is reckoned from an early turn, which nine in ten people do not have sooner, and not
from the likely one; less the minutes that the hall keeps as a reserve
(`leave_reserve_minutes`). A short wait promises nothing.
"""

from datetime import UTC, datetime

LEAST_MINUTES = 10  # a shorter absence is not worth the stairs
STEP_SECONDS = 5 * 60


def away_until(*, early: float | None, reserve: int, at: datetime) -> datetime | None:
    """The wall-clock time, in steps of five minutes; None when one should rather stay.

    `early` are the minutes that nine in ten people wait at least.
    """
    if early is None or early - reserve < LEAST_MINUTES:
        return None
    seconds = at.timestamp() + (early - reserve) * 60
    return datetime.fromtimestamp(seconds // STEP_SECONDS * STEP_SECONDS, UTC)
