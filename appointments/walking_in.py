"""Coming without a booking: what the hall can say about it now."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from appointments import saying
from queues.board import board_of
from queues.issuing import HallClosed, HallClosedForGood, current_session
from windows.closing_halls import HallShut, closed_now, opens_words
from windows.models import Hall, HallSession, Matter


@dataclass(frozen=True)
class WalkIn:
    """Whether one can take a ticket now, until when, and how long the wait is likely to be."""

    session: HallSession | None
    opens: str
    wait: str

    @property
    def words(self) -> str:
        """One or two sentences for somebody who found no time."""
        if self.session is None and not self.opens:
            return gettext("You can come without a booking whenever the hall is open.")
        if self.session is None:
            return gettext(
                "You can also come without a booking: the hall opens next on %(when)s."
            ) % {"when": self.opens}
        facts = {"until": saying.clock(self.session.ends_at), "wait": self.wait}
        if not self.wait:
            return gettext("You can also come today without a booking, until %(until)s.") % facts
        return (
            gettext("You can also come today without a booking, until %(until)s. %(wait)s") % facts
        )


def walk_in(*, hall: Hall, matter: Matter | None, now: datetime) -> WalkIn:
    """What somebody who comes now would find."""
    try:
        session = current_session(hall=hall, now=now)
    except HallShut:
        closure = closed_now(hall, now)
        return WalkIn(None, opens_words(closure) if closure else "", "")
    except (HallClosed, HallClosedForGood):
        return WalkIn(None, _next_opening(hall, now), "")
    return WalkIn(session, "", wait_words(hall, matter, now) if matter else "")


def _next_opening(hall: Hall, now: datetime) -> str:
    following = (
        HallSession.objects.filter(hall=hall, state="open", starts_at__gt=now)
        .order_by("starts_at", "pk")
        .first()
    )
    return saying.when(following.starts_at) if following and hall.is_open else ""


def wait_words(hall: Hall, matter: Matter, now: datetime) -> str:
    """A range, or nothing while no window serves the matter."""
    expected = board_of(hall, now).wait_for(matter.code)
    if expected is None:
        return ""
    facts = {"half": max(expected.half, 1), "most": expected.most}
    return (
        gettext("Who comes now: half wait at most %(half)s minutes, nine in ten at most %(most)s.")
        % facts
    )
