"""The words of messages about missed visits: what is noted, what follows, how to object.

Nothing blames: a person may have been ill, or have stood before a closed door.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from appointments import saying
from appointments.id_numbers import mask_name
from appointments.messaging.templating import say
from appointments.models import Appeal, Booking, Closure, Message, MissedVisit
from appointments.sealing import booking_secret, unseal
from appointments.texting import when
from config import civil

Kind = Message.Kind


def missed_text(visit: MissedVisit, *, closure: Closure | None, count: int, until: datetime) -> str:
    """What is noted, what follows now or later, and until when one can object."""
    booking = visit.booking
    with translation.override(booking.group.language):
        facts = {
            "who": mask_name(unseal(booking.name_sealed, purpose="name")),
            "what": booking.matter.name,
            "when": when(booking),
            "where": booking.hall.name,
            "rule": closed_words(closure) if closure else rule_words(visit, count),
            "day": last_day(until),
            "link": _page(booking, "appeal/"),
        }
        return say(Kind.MISSED, facts=facts).text


def answered_text(appeal: Appeal, *, opened: bool) -> str:
    """The decision in one sentence; the answer itself stands on the booking's page."""
    booking = appeal.missed.booking
    case = "declined" if appeal.state == Appeal.State.DECLINED else "excused"
    with translation.override(booking.group.language):
        facts = {
            "when": when(booking),
            "opened": _("You can book online again.") if opened else "",
            "link": _page(booking, "appeal/"),
        }
        return say(Kind.ANSWERED, case, facts=facts).text


def rule_words(visit: MissedVisit, count: int) -> str:
    """The rule of that booking, and how far it is from closing anything."""
    facts = {
        "count": count,
        "most": visit.most,
        "days": (visit.counts_until - visit.missed_at).days,
        "closed": visit.closed_days,
    }
    return (
        _(
            "Nothing changes now: this counts as %(count)s of %(most)s. Only when %(most)s visits "
            "within %(days)s days are missed, online booking closes for %(closed)s days. "
            "Coming without a booking is always possible."
        )
        % facts
    )


def closed_words(closure: Closure) -> str:
    """Until when, and what stays open."""
    return _(
        "After several missed visits online booking is closed for this person until %(ends)s; "
        "then it opens by itself. Coming without a booking is possible at any time."
    ) % {"ends": saying.when(closure.ends_at)}


def last_day(until: datetime) -> str:
    """The last day before that midnight, in words."""
    return saying.long_day(civil.city_date(until - timedelta(seconds=1)))


def _page(booking: Booking, part: str) -> str:
    secret = booking_secret(booking.reference)
    return f"{settings.SITE_URL}/b/{booking.reference}/{part}?k={secret}"
