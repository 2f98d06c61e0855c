"""What supervisors changed in the sessions of today, with a way to take it back."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from appointments import saying
from appointments.changes.undoing import why_no_undo
from windows.models import Hall, HallSession, RosterEntry, SessionChange

SHOWN = 8
WORDS_OF = [SessionChange.Kind.EXTEND, SessionChange.Kind.PLACES, SessionChange.Kind.CUT]


@dataclass(frozen=True)
class Done:
    """One thing that was done; `why_not` says why it stays."""

    at: datetime
    when: str
    words: str
    who: str
    pk: int
    is_call: bool = False
    why_not: str = ""


def done_today(hall: Hall, *, now: datetime) -> list[Done]:
    """The newest first: changes of the sessions that run now, people called to windows."""
    running = HallSession.objects.filter(
        hall=hall, state=HallSession.State.OPEN, starts_at__lte=now, ends_at__gt=now
    )
    changes = SessionChange.objects.filter(
        session__in=running, kind__in=WORDS_OF, undone_at__isnull=True,
        made_at__gte=F("session__starts_at"),
    )  # fmt: skip
    rows = changes.select_related("session", "made_by").order_by("-pk")[:SHOWN]
    called = RosterEntry.objects.filter(
        session__in=running, is_cancelled=False, window__isnull=False, period__endswith__gt=now,
        made_at__gte=F("session__starts_at"), period__startswith=F("made_at"),
    )  # fmt: skip
    people = called.select_related("staff", "window", "made_by").order_by("-pk")[:SHOWN]
    opened = {one.made_at for one in people}
    found = [_change(one, now) for one in rows if one.made_at not in opened]
    found += [_call(one) for one in people]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


def _change(change: SessionChange, now: datetime) -> Done:
    words = {
        SessionChange.Kind.EXTEND: _("The session was extended."),
        SessionChange.Kind.CUT: _("The session was cut."),
        SessionChange.Kind.PLACES: _("Minutes went to another channel."),
    }
    return Done(
        at=change.made_at,
        when=saying.clock(change.made_at),
        words=words[SessionChange.Kind(change.kind)],
        who=str(change.made_by or ""),
        pk=change.pk,
        why_not=why_no_undo(change, now),
    )


def _call(entry: RosterEntry) -> Done:
    number = entry.window.number if entry.window else 0
    return Done(
        at=entry.made_at,
        when=saying.clock(entry.made_at),
        words=_("%(who)s was called to window %(number)s.")
        % {"who": str(entry.staff), "number": number},
        who=str(entry.made_by or ""),
        pk=entry.pk,
        is_call=True,
    )
