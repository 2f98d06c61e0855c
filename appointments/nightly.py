"""What a night does with the day that is over: its facts, its figures, the forecast, the quotas,
and advice of where a window would help.

Each step finds its work by what is written already, so that the chain may run late, twice or
in two places. A step that breaks is seen in the log; those after it use what there is.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections

from appointments import housekeeping
from appointments.advised import storing as advised
from appointments.demanded import collecting
from appointments.forecasting import storing
from appointments.reports import gathering

log = logging.getLogger(__name__)


def expect(*, now: datetime) -> None:
    """The city's forecast of today stands, as soon as a closed day is known."""
    try:
        storing.forecast_city(now=now)
    except storing.NothingKnown:
        log.info("No closed day is known yet; nothing is expected.")


WRITING: tuple[Callable[..., object], ...] = (collecting.write_days, gathering.write_days)
FOLLOWING: tuple[Callable[..., object], ...] = (expect, storing.forget_old)


def write(*, now: datetime) -> None:
    """The days that are over have their facts and figures."""
    _each(WRITING, now)


def run(*, now: datetime) -> None:
    """The whole chain, in its order."""
    _each((*WRITING, *FOLLOWING, housekeeping.rebalance_yesterday, advised.advise_city), now)


def _each(steps: tuple[Callable[..., object], ...], now: datetime) -> None:
    for step in steps:
        try:
            step(now=now)
        except Exception:
            log.exception("%s.%s broke this night.", step.__module__, step.__name__)
            close_old_connections()
