"""What the hall did to one's time, as one's own page says it. Read only."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments import saying
from appointments.changes.answering import latest_for, open_for, story_of
from appointments.models import Booking, Displaced

State = Displaced.State
LOST = {
    State.WITHDRAWN: gettext_lazy("Your time is given up"),
    State.EXPIRED: gettext_lazy("The new time is given up"),
    State.DECLINED: gettext_lazy("You gave the new time up"),
}


@dataclass(frozen=True)
class NewTime:
    """The strip above one's booking: what was, what is now, what can be answered."""

    reference: str
    title: str
    was: str
    now: str = ""
    stands: str = ""
    can_answer: bool = False
    is_bad: bool = False
    entry: str = ""


def new_time(booking: Booking, now: datetime) -> NewTime | None:
    """The question that waits for an answer, or the news that the place is gone; else None."""
    live = open_for(booking)
    stands = booking.state == Booking.State.CONFIRMED and booking.starts_at > now
    if live is not None and stands and live.new_slot_id == booking.slot_id:
        return _asked(booking, live)
    latest = latest_for(booking)
    if latest is not None and latest.state in LOST and booking.state == Booking.State.WITHDRAWN:
        return _lost(booking, latest)
    return None


def _asked(booking: Booking, live: Displaced) -> NewTime:
    story = story_of(live)
    facts = {"when": story.new_when or "", "where": story.new_where or ""}
    if live.state == State.OFFERED and story.answer_by:
        stands = _(
            "It is kept for you until %(until)s. Without an answer it goes to others, and you "
            "stand first on the waiting list."
        ) % {"until": saying.when(story.answer_by)}
    else:
        stands = _("It stands unless you choose another one. You need not answer.")
    return NewTime(
        reference=booking.reference,
        title=_("The hall had to change your time"),
        was=_was(story.old_when, story.old_where, story.why),
        now=_("New: %(when)s, %(where)s") % facts,
        stands=stands,
        can_answer=True,
    )


def _lost(booking: Booking, latest: Displaced) -> NewTime:
    story = story_of(latest)
    stands = _("Nothing is noted against you. You can book another time at once.")
    if story.entry_link:
        stands = _(
            "Nothing is noted against you. You stand first on the waiting list; you can also "
            "book another time at once."
        )
    return NewTime(
        reference=booking.reference,
        title=str(LOST[State(latest.state)]),
        was=_was(story.old_when, story.old_where, story.why),
        stands=stands,
        is_bad=True,
        entry=story.entry_link,
    )


def _was(when: str, where: str, why: str) -> str:
    facts = {"when": when, "where": where, "why": why}
    if not why:
        return _("%(when)s at %(where)s is not possible any more.") % facts
    return _("%(when)s at %(where)s is not possible any more: %(why)s.") % facts
