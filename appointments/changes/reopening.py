"""Opening a closed hall again, before the time that was said.

Its times that are still to come can be booked again. Whoever was cancelled and has no place
yet is asked first: their old place is kept for them in the very transaction that opens it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.changes.locking import lock_sessions
from appointments.changes.picturing import Minutes
from appointments.changes.recording import bounds, slot_facts
from appointments.changes.reshaping import SLOT_FIELDS, fill
from appointments.changes.shaping import reshaped
from appointments.claiming import lock_people, lock_slots
from appointments.models import Displaced, WaitEntry, WaitPerson
from appointments.offering_back import notice, offer_slot, offer_time
from config import civil
from config.refusals import Refusal
from windows.hall_hours import keep_open
from windows.models import HallClosure, HallSession, SessionChange, Slot, Staff
from windows.rules import rule
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
    slots = _as_they_open(closure, now)
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
    keep_open([closure.hall_id])
    lock_sessions(closure.changes.values_list("session_id", flat=True))
    mine = HallClosure.objects.select_for_update().get(pk=closure.pk)
    if mine.reopened_at is not None:
        return Reopened(mine, 0, 0)
    closes, opens = bounds(mine.period)
    if opens <= now:
        raise NotClosed
    waiting = _lock(mine, now)
    before = {slot.pk: slot_facts(slot) for slot in _slots(mine, now)}
    slots = _as_they_open(mine, now)
    Slot.objects.bulk_update(slots, SLOT_FIELDS, batch_size=500)
    offered = _ask_first(waiting, slots, now)
    _note(mine, {slot.pk: before[slot.pk] for slot in slots}, by, now)
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
    open_ones = closed.filter(
        session__state=HallSession.State.OPEN,
        starts_at__gte=F("session__starts_at"),
        starts_at__lt=F("session__ends_at"),
    )
    others = HallClosure.objects.filter(hall=closure.hall_id, reopened_at__isnull=True)
    for other in others.exclude(pk=closure.pk):
        closes, opens = bounds(other.period)
        open_ones = open_ones.exclude(starts_at__lt=opens, ends_at__gt=closes)
    return open_ones.select_related("session").order_by("starts_at", "pk")


def _as_they_open(closure: HallClosure, now: datetime) -> list[Slot]:
    """The slots with the session's hours and windows of today, which may be others than when
    the hall closed. Nothing is written."""
    windows = _windows(closure)
    least = rule("walkin_min_percent", hall=closure.hall, day=civil.city_date(now))
    slots = list(_slots(closure, now))
    for slot in slots:
        had, has = windows.get(slot.session_id, (1, 1))
        ends_at = min(slot.ends_at, slot.session.ends_at)
        plan = reshaped(slot.session, slot, ends_at=ends_at, windows=has, staffed=had)
        plan.least_walkin = least
        plan.keep = Minutes(slot.online_taken, slot.assisted_taken, slot.reserved_taken)
        fill(slot, plan)
    return [slot for slot in slots if slot.is_open]


def _windows(closure: HallClosure) -> dict[int, tuple[int, int]]:
    """By session that was cut or extended meanwhile: how many windows it had and has."""
    closed = dict(closure.changes.filter(kind=Kind.CLOSE).values_list("session_id", "pk"))
    rows = SessionChange.objects.filter(session__in=closed, undone_at__isnull=True)
    found: dict[int, tuple[int, int]] = {}
    for change in rows.order_by("-pk"):
        known = change.facts.get("windows", {})
        if change.pk > closed[change.session_id] and "after" in known:
            has = found.get(change.session_id, (0, _staffed(known["after"])))[1]
            found[change.session_id] = _staffed(known["before"]), has
    return found


def _staffed(windows: list[dict]) -> int:
    return sum(not one["is_cancelled"] for one in windows)


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
    """Entries, people, slots, after the sessions: the written order. Who is being offered
    another place just now is left alone."""
    entries = {one.entry_id for one in _without_place(closure) if one.entry_id}
    rows = WaitEntry.objects.filter(pk__in=entries).order_by("pk")
    free = set(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    people = WaitPerson.objects.filter(entry__in=free).values_list("id_index", flat=True)
    phones = WaitEntry.objects.filter(pk__in=free).values_list("phone_index", flat=True)
    lock_people([bytes(one) for one in [*people, *phones]], None)
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
