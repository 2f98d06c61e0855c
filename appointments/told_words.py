"""What became of the people whose place a change took: new times, answers, messages. Read only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.losing_words import name_of
from appointments.models import Displaced, Message
from windows.models import HallSession, SessionChange, Slot

State, Kind = Displaced.State, SessionChange.Kind
KINDS = {
    State.MOVED: "ok",
    State.OFFERED: "now",
    State.ACCEPTED: "ok",
    State.CHANGED: "ok",
    State.DECLINED: "quiet",
    State.EXPIRED: "warn",
    State.WITHDRAWN: "warn",
    State.UNDONE: "quiet",
}
CHANGES_SHOWN = 12
NEWS = [Message.Kind.DISPLACED, Message.Kind.WITHDRAWN]


@dataclass(frozen=True)
class ToldRow:
    """One booking: where it was, where it stands, whether the person knows."""

    name: str
    matter: str
    was: str
    to: str
    far: str
    state: str
    kind: str
    message: str


@dataclass(frozen=True)
class ShownTold:
    people: int
    summary: str
    rows: list[ToldRow] = field(default_factory=list)


@dataclass(frozen=True)
class ChangeRow:
    """One change in the list of a session's changes."""

    change: SessionChange
    heading: str
    made: str
    people: str


def changes_shown(session: HallSession) -> list[ChangeRow]:
    """What was changed of the session, the newest first."""
    changes = SessionChange.objects.filter(session=session).order_by("-pk")
    lost = Count("displaced__booking", distinct=True)
    return [
        ChangeRow(
            change=one,
            heading=heading_of(one),
            made=saying.when(one.made_at),
            people=saying.people_words(one.lost) if one.lost else "",
        )
        for one in changes.exclude(kind=Kind.OPEN).annotate(lost=lost)[:CHANGES_SHOWN]
    ]


def heading_of(change: SessionChange) -> str:
    """What was done, in a sentence."""
    return {
        Kind.OPEN: _("The session is opened"),
        Kind.EXTEND: _("The session is extended"),
        Kind.CUT: _("The session is cut"),
        Kind.MOVE: _("The session is moved"),
        Kind.CANCEL: _("The session is cancelled"),
        Kind.CLOSE: _("Closed with the hall"),
        Kind.REOPEN: _("The session is open again"),
        Kind.PLACES: _("The places are changed"),
    }[Kind(change.kind)]


def told_of(displaced: Sequence[Displaced], *, now: datetime, with_names: bool) -> ShownTold:
    """How it stands with everybody, in two queries beside the rows."""
    people = len({(one.booking.group_id, bytes(one.booking.id_index)) for one in displaced})
    if not people:
        return ShownTold(0, _("Nobody lost a place."))
    news = _news(displaced)
    summary = _summary(people, displaced, news)
    if not with_names:
        return ShownTold(people, summary)
    rows = [_row(one, news.get(one.booking_id), now) for one in displaced]
    return ShownTold(people, summary, rows)


def _news(displaced: Sequence[Displaced]) -> dict[int, Message]:
    """The newest message about it to each."""
    first = min(one.made_at for one in displaced)
    found = Message.objects.filter(
        booking__in=[one.booking_id for one in displaced], kind__in=NEWS, made_at__gte=first
    )
    return {one.booking_id: one for one in found.order_by("made_at", "pk") if one.booking_id}


def _summary(people: int, displaced: Sequence[Displaced], news: dict[int, Message]) -> str:
    said = ngettext("%(n)s person lost the place.", "%(n)s people lost their places.", people)
    parts = [said % {"n": people}]
    standing = sum(1 for one in displaced if one.state in (State.MOVED, State.OFFERED))
    answered = sum(1 for one in displaced if one.state in (State.ACCEPTED, State.CHANGED))
    sent = sum(1 for one in news.values() if one.state == Message.State.SENT)
    if standing:
        kept = ngettext(
            "%(n)s new time is kept.", "%(n)s new times are kept.", standing
        )  # fmt: skip
        parts.append(kept % {"n": standing})
    if answered:
        yes = ngettext("%(n)s has answered yes.", "%(n)s have answered yes.", answered)
        parts.append(yes % {"n": answered})
    parts.append(ngettext("%(n)s message sent.", "%(n)s messages sent.", sent) % {"n": sent})
    return " ".join(parts)


def _row(one: Displaced, message: Message | None, now: datetime) -> ToldRow:
    to, far = _stands(one)
    state = str(State(one.state).label)
    if one.state == State.OFFERED and one.answer_by:
        state = _("Kept until %(when)s") % {"when": saying.when_from(one.answer_by, now)}
    return ToldRow(
        name=name_of(one.booking),
        matter=one.booking.matter.name,
        was=saying.when(one.old_slot.starts_at),
        to=to,
        far=far,
        state=state,
        kind=KINDS[State(one.state)],
        message=_message(message, now),
    )


def _stands(one: Displaced) -> tuple[str, str]:
    """Where the person stands now, and why there is nothing when there is nothing."""
    if one.state == State.UNDONE:
        return _("The old time stands"), ""
    if one.state in (State.MOVED, State.OFFERED, State.ACCEPTED) and one.new_slot:
        return _place(one.new_slot, one)
    if one.state == State.CHANGED:
        return _place(one.booking.slot, one)
    waits = one.entry_id or one.ended_at is None  # or is put there within a minute
    listed = _("First on the waiting list") if waits else ""
    return _("No new time"), listed


def _place(slot: Slot, one: Displaced) -> tuple[str, str]:
    other = slot.hall_id != one.old_slot.hall_id
    return saying.when(slot.starts_at), slot.hall.name if other else _("same hall")


def _message(message: Message | None, now: datetime) -> str:
    if message is None:
        return _("No message: no phone is known.")
    at = message.sent_at or message.due_at
    said = {
        Message.State.SENT: _("Message sent %(when)s"),
        Message.State.FAILED: _("The message could not be delivered"),
        Message.State.VOID: _("No message was sent"),
        Message.State.UNKNOWN: _("Not known whether the message arrived"),
    }.get(Message.State(message.state), _("The message leaves at %(when)s"))
    return said % {"when": saying.when_from(at, now)} if "%(when)s" in said else said
