"""Opening a closed hall again, before the time that was said.

Its times that are still to come can be booked again. Whoever was cancelled and has no place
yet is asked first: their old place is kept for them in the very transaction that opens it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.changes.locking import lock_sessions
from appointments.changes.recording import bounds, slot_facts
from appointments.claiming import lock_people, lock_slots
from appointments.models import Displaced, WaitEntry, WaitPerson
from appointments.offering_back import notice, offer_slot, offer_time
from config.refusals import Refusal
from windows.models import HallClosure, HallSession, SessionChange, Slot, Staff
from windows.telling import tell_boards

Kind = SessionChange.Kind
State = Displaced.State


class NotClosed(Refusal):
    code = "not_closed"
    message = _("This hall is open again already.")


@dataclass(frozen=True)
class ReopeningPreview:
    """What opening again would do: times, window-minutes, and people without a place."""

    sessions: int
    slots: int
    minutes: int
    withdrawn: int
    will_be_offered: int


@dataclass(frozen=True)
class Reopened:
    closure: HallClosure
    slots: int
    offered: int


def preview_reopening(closure: HallClosure, *, now: datetime) -> ReopeningPreview:
    """Reads only; what has been closed in another way since stays so."""
    slots = list(_slots(closure, now))
    waiting = _without_place(closure)
    people = {(one.booking.group_id, bytes(one.booking.id_index)) for one in waiting}
    _begins, until = offer_time(now)
    in_time = [one for one in waiting if _can_be_asked(one, slots, until + notice(now))]
    return ReopeningPreview(
        sessions=len({slot.session_id for slot in slots}),
        slots=len(slots),
        minutes=sum(slot.minutes for slot in slots),
        withdrawn=len(people),
        will_be_offered=len({one.entry_id for one in in_time}),
    )


@transaction.atomic
def reopen(closure: HallClosure, *, by: Staff | None, now: datetime) -> Reopened:
    """The hall is open again, and who was cancelled is offered the old place first.

    Opening it twice changes nothing. Refuses: NotClosed, when its time is over.
    """
    mine = HallClosure.objects.select_for_update().get(pk=closure.pk)
    if mine.reopened_at is not None:
        return Reopened(mine, 0, 0)
    closes, opens = bounds(mine.period)
    if opens <= now:
        raise NotClosed
    waiting = _lock(mine, now)
    slots = list(_slots(mine, now))
    before = {slot.pk: slot_facts(slot) for slot in slots}
    Slot.objects.filter(pk__in=before).update(is_open=True)
    offered = _ask_first(waiting, slots, now)
    _note(mine, before, by, now)
    mine.reopened_at, mine.reopened_by = now, by
    if closes < now:
        mine.period = DateTimeTZRange(closes, now)
    mine.save(update_fields=["reopened_at", "reopened_by", "period"])
    tell_boards(mine.hall_id)
    return Reopened(mine, len(slots), offered)


def _slots(closure: HallClosure, now: datetime) -> QuerySet[Slot]:
    """What the closure closed and can be booked again."""
    changes = closure.changes.filter(kind=Kind.CLOSE, undone_at__isnull=True)
    ids = [
        one["id"]
        for facts in changes.values_list("facts", flat=True)
        for one in facts["slots"]
        if one["before"] and one["before"]["is_open"] and not one["after"]["is_open"]
    ]
    closed = Slot.objects.filter(pk__in=ids, is_open=False, starts_at__gt=now)
    open_ones = closed.filter(session__state=HallSession.State.OPEN)
    return open_ones.select_related("session").order_by("starts_at", "pk")


def _without_place(closure: HallClosure) -> list[Displaced]:
    """Who was cancelled by the closure and waits for a place."""
    rows = Displaced.objects.filter(
        change__closure=closure,
        change__kind=Kind.CLOSE,
        state__in=[State.WITHDRAWN, State.EXPIRED],
        entry__state=WaitEntry.State.WAITING,
    )
    ordered = rows.order_by("entry__made_at", "entry", "booking__position", "pk")
    return list(ordered.select_related("booking", "entry", "old_slot"))


def _can_be_asked(one: Displaced, slots: list[Slot], earliest: datetime) -> bool:
    there = {slot.pk for slot in slots}
    return one.old_slot_id in there and one.old_slot.starts_at >= earliest


def _lock(closure: HallClosure, now: datetime) -> list[Displaced]:
    """Entries, people, sessions, slots: the written order. Who is being offered another
    place just now is left alone."""
    entries = {one.entry_id for one in _without_place(closure) if one.entry_id}
    rows = WaitEntry.objects.filter(pk__in=entries).order_by("pk")
    free = set(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    people = WaitPerson.objects.filter(entry__in=free).values_list("id_index", flat=True)
    phones = WaitEntry.objects.filter(pk__in=free).values_list("phone_index", flat=True)
    lock_people([bytes(one) for one in [*people, *phones]], None)
    lock_sessions(closure.changes.values_list("session_id", flat=True))
    lock_slots(_slots(closure, now).values_list("pk", flat=True))
    return [one for one in _without_place(closure) if one.entry_id in free]


def _ask_first(waiting: list[Displaced], slots: list[Slot], now: datetime) -> int:
    """Each entry is offered its old time while there is time to answer and to come."""
    due, until = offer_time(now)
    asked, offered = set[int](), 0
    for one in waiting:
        if one.entry_id is None or one.entry_id in asked:
            continue
        asked.add(one.entry_id)
        if _can_be_asked(one, slots, until + notice(now)):
            offered += _ask(one, now, until, due)
    return offered


def _ask(one: Displaced, now: datetime, until: datetime, due: datetime) -> bool:
    entry, slot = one.entry, one.old_slot
    assert entry is not None  # noqa: S101  asked of those with an entry
    if not entry.first_day <= slot.service_day <= entry.last_day:
        return False
    try:
        return offer_slot(entry.pk, slot.pk, now=now, until=until, message_due=due)
    except Refusal:
        return False  # the day is another one for them by now: they wait on, first in line


def _note(closure: HallClosure, before: dict[int, dict], by: Staff | None, now: datetime) -> None:
    """One line in the history of each session that opens again."""
    by_session: dict[int, list[dict]] = {}
    for slot in Slot.objects.filter(pk__in=before).order_by("pk"):
        pair = {"id": slot.pk, "before": before[slot.pk], "after": slot_facts(slot)}
        by_session.setdefault(slot.session_id, []).append(pair)
    SessionChange.objects.bulk_create(
        SessionChange(
            session_id=session_id, kind=Kind.REOPEN, closure=closure, facts={"slots": pairs},
            made_by=by, made_at=now,
        )
        for session_id, pairs in by_session.items()
    )  # fmt: skip
