"""Celery's edge: each task reads the clock once and runs one command.

Messages and demand. Every task finds its work in PostgreSQL; a lost, doubled or late
message of the broker costs promptness, never the work.
"""

import logging

from celery import shared_task

from appointments import alerting, housekeeping, nightly, sending
from appointments.messaging import push_alerts
from appointments.providing import NoProvider
from config.clock import right_now

log = logging.getLogger(__name__)


@shared_task(name="appointments.send_due")
def send_due() -> None:
    """What is due leaves, after what has just become due."""
    now = right_now()
    try:
        alerting.tell_near(now=now)
        push_alerts.tell_browsers(now=now)
    except Exception:  # what is due leaves all the same
        log.exception("Nobody could be told that their turn is near.")
    try:
        sending.send_due(now=now, limit=300)
    except NoProvider as error:
        log.error("%s", error)


@shared_task(name="appointments.rebalance", soft_time_limit=300, time_limit=360)
def rebalance() -> None:
    """The day that has ended is written, the city foreseen, and quotas follow, once."""
    nightly.run(now=right_now())


@shared_task(name="appointments.rebalance_step")
def rebalance_step() -> None:
    """Quotas of today and the next days take a small step, once in an hour."""
    housekeeping.rebalance_step(now=right_now())
