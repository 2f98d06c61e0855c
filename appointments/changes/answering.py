"""What people answer when the hall has changed their time: yes, no, or nothing at all.

Another time is chosen on the usual page (`appointments.rescheduling.reschedule`), without its
limits. Locks: people, slots, bookings, then the question.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments import reminding, saying
from appointments.changes import telling
from appointments.changes.questions import ASKED, asked_of, note_declined
from appointments.claiming import lock_slots
from appointments.journal import record
from appointments.models import Booking, Displaced
from appointments.returning import leave, release
from appointments.wait_words import own_path
from config.refusals import Refusal
from windows.models import SessionChange

State = Displaced.State
AT_A_TIME = 500


class NothingAsked(Refusal):
    code = "nothing_asked"
    message = gettext_lazy("Nothing is to be answered here any more: %(state)s.")


class AnswerTooLate(Refusal):
    code = "answer_too_late"
    message = gettext_lazy(
        "This place was kept until %(until)s. Choose another time, or come without a booking."
    )


@dataclass(frozen=True)
class Story:
    """What became of somebody's time, in words."""

    old_when: str
    old_where: str
    new_when: str | None
    new_where: str | None
    why: str
    answer_by: datetime | None
    entry_link: str


def open_for(booking: Booking) -> Displaced | None:
    """What the hall asks the holder of this booking, and nobody has answered."""
    return _loaded().filter(booking=booking, state__in=ASKED).order_by("-pk").first()


def latest_for(booking: Booking) -> Displaced | None:
    """The last time the hall took the booking's place, answered or not, unless undone."""
    rows = _loaded().filter(booking=booking).exclude(state=State.UNDONE)
    return rows.order_by("-pk").first()


def story_of(displaced: Displaced) -> Story:
    """For the person's own page."""
    old, new = displaced.old_slot, displaced.new_slot
    return Story(
        old_when=saying.when(old.starts_at),
        old_where=old.hall.name,
        new_when=saying.when(new.starts_at) if new else None,
        new_where=new.hall.name if new else None,
        why=_why(displaced),
        answer_by=displaced.answer_by,
        entry_link=own_path(displaced.entry) if displaced.entry else "",
    )


def _why(displaced: Displaced) -> str:
    change = displaced.change
    if change.closure is not None:
        reason = change.closure.note or change.closure.get_reason_display()
        return _("the hall is closed (%(reason)s)") % {"reason": reason}
    fewer, shorter = _("fewer windows can serve then"), _("the hall is open for fewer hours then")
    return {
        SessionChange.Kind.CUT: shorter if _shorter(displaced) else fewer,
        SessionChange.Kind.MOVE: _("the session was moved"),
        SessionChange.Kind.CANCEL: _("the session does not take place"),
    }.get(SessionChange.Kind(change.kind), "")


def _shorter(displaced: Displaced) -> bool:
    """A cut took the hours and not the windows, or at least the very time of the booking."""
    facts = displaced.change.facts
    windows = [
        {one["id"] for one in facts.get("windows", {}).get(when, []) if not one["is_cancelled"]}
        for when in ("before", "after")
    ]
    closed = {one["id"] for one in facts.get("slots", []) if not one["after"]["is_open"]}
    return windows[0] == windows[1] or displaced.old_slot_id in closed


@transaction.atomic
def accept(displaced: Displaced, *, now: datetime, together: bool = False) -> Displaced:
    """The new time is theirs like any other; saying so twice changes nothing.

    `together`: for all of the group who are asked. Refuses: NothingAsked, AnswerTooLate.
    """
    rows = _locked(displaced, together)
    mine = next(one for one in rows if one.pk == displaced.pk)
    if mine.state == State.ACCEPTED:
        return mine
    _check(mine, now)
    for one in rows:
        if one.state in ASKED and not _is_late(one, now):
            one.state, one.ended_at = State.ACCEPTED, now
            one.save(update_fields=["state", "ended_at"])
            # What was asked before of a place that was taken as well is answered with it.
            asked_of([one.booking]).update(state=State.ACCEPTED, ended_at=now)
    return mine


@transaction.atomic
def decline(
    displaced: Displaced, *, now: datetime, wait: bool = True, together: bool = False
) -> Displaced:
    """The new place is given up at no cost; with `wait` they go first on the waiting list.

    It is no cancellation of theirs and no missed visit. Declining twice changes nothing.
    Refuses: NothingAsked, AnswerTooLate.
    """
    rows = _locked(displaced, together)
    mine = next(one for one in rows if one.pk == displaced.pk)
    if mine.state == State.DECLINED:
        return mine
    _check(mine, now)
    for one in rows:
        if one.state in ASKED and one.booking.state == Booking.State.CONFIRMED:
            _give_up(one, now, wait)
    return mine


def _give_up(one: Displaced, now: datetime, wait: bool) -> None:
    """The minutes come back like those of anybody who gives up a place."""
    booking, was = one.booking, one.booking.state
    leave(booking, now=now)
    booking.state, booking.ended_at = Booking.State.WITHDRAWN, now
    booking.version += 1
    booking.save(update_fields=["state", "ended_at", "version"])
    reminding.void_unsent(booking=booking)
    record(booking, "declined", now=now, was=was, change=one.change_id)
    # Without an end it is still to be put on the waiting list, each minute (following.py).
    one.state, one.ended_at = State.DECLINED, None if wait else now
    one.save(update_fields=["state", "ended_at"])
    note_declined([booking], now)


def _check(mine: Displaced, now: datetime) -> None:
    stands = mine.booking.state == Booking.State.CONFIRMED
    if mine.state not in ASKED or not stands or mine.booking.slot_id != mine.new_slot_id:
        raise NothingAsked(state=mine.get_state_display())
    if _is_late(mine, now) or mine.booking.starts_at <= now:
        until = mine.answer_by or mine.booking.starts_at
        raise AnswerTooLate(until=saying.when(until))


def _is_late(one: Displaced, now: datetime) -> bool:
    return one.state == State.OFFERED and one.answer_by is not None and one.answer_by <= now


def _locked(displaced: Displaced, together: bool) -> list[Displaced]:
    """The question, or those of the whole group by the same change, with their bookings."""
    mine = Displaced.objects.filter(change=displaced.change_id)
    if together:
        mine = mine.filter(booking__group=displaced.booking.group_id)
    else:
        mine = mine.filter(
            booking__group=displaced.booking.group_id, booking__id_index=displaced.booking.id_index
        )
    lock_slots(mine.values_list("booking__slot_id", flat=True))
    bookings = Booking.objects.filter(pk__in=mine.values("booking_id")).order_by("pk")
    list(bookings.select_for_update(of=("self",)).values_list("pk"))
    rows = mine.select_related("booking__group", "booking__hall", "booking__matter")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def expire_due(*, now: datetime) -> int:
    """Kept places that nobody took are for others, and their people first on the waiting
    list; returns how many. Must be called outside a transaction."""
    due = Displaced.objects.filter(state=State.OFFERED, answer_by__lte=now)
    return sum(_expire(one, now) for one in due.order_by("answer_by", "pk")[:AT_A_TIME])


@transaction.atomic
def _expire(displaced: Displaced, now: datetime) -> bool:
    """Whoever came, or gave the place up otherwise, has answered by that."""
    lock_slots([displaced.new_slot_id] if displaced.new_slot_id else [])
    booking = Booking.objects.select_for_update(of=("self",)).select_related(
        "group", "hall", "matter"
    ).get(pk=displaced.booking_id)  # fmt: skip
    mine = Displaced.objects.select_for_update().get(pk=displaced.pk)
    if mine.state != State.OFFERED:
        return False
    answer = _answered_by_deed(mine, booking)
    if answer:
        mine.state, mine.ended_at = answer, now
        mine.save(update_fields=["state", "ended_at"])
        return False
    release(booking, Booking.State.WITHDRAWN, "not_answered", now=now)
    reminding.owe_all(telling.not_answered(booking, now=now))
    mine.state = State.EXPIRED
    mine.save(update_fields=["state"])
    return True


def _answered_by_deed(mine: Displaced, booking: Booking) -> str:
    """The state that answers for who came, gave it up, or stands elsewhere by now; "" for
    who did nothing."""
    if booking.arrived_at is not None:
        return State.ACCEPTED
    if booking.state != Booking.State.CONFIRMED:
        return State.DECLINED
    return State.CHANGED if booking.slot_id != mine.new_slot_id else ""


def _loaded():  # type: ignore[no-untyped-def]
    return Displaced.objects.select_related(
        "booking", "old_slot__hall", "new_slot__hall", "entry", "change__closure"
    )
