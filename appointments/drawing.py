"""Release by draw: announce it, and draw when registration has ended.

Speed is worth nothing: the seed is made and its SHA-256 published before anybody registers,
who registered is mixed into it, the rule is `draw_rule`, and everything it needs is
published with the result (docs/draw.md). A draw is one transaction, so it happens once and
whole; its order is settled by seed and entries, so that trying again changes nothing.
Locks: the draw, then people (advisory), then slots, then bookings.
"""

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appointments import draw_rule, reminding
from appointments.attending import attendee_of
from appointments.booking import hold
from appointments.claiming import lock_people, lock_slots
from appointments.draw_words import lost_text, won_text
from appointments.models import Draw, DrawEntry, Message
from appointments.offering import last_day
from appointments.sealing import seal, unseal
from config import civil
from config.refusals import Refusal, refusing
from windows.models import HallSession, Slot
from windows.rules import rule
from windows.sessions import HasBookings

log = logging.getLogger(__name__)
State = DrawEntry.State
AT_LEAST = timedelta(minutes=10)
LATE = timedelta(hours=1)


class DrawEndsEarly(Refusal):
    code = "draw_ends_early"
    message = _("Let people register for a while: choose a later end of the registration.")
    field = "registers_until"


class DrawEndsLate(Refusal):
    code = "draw_ends_late"
    message = _(
        "Who wins has until %(until)s to confirm, and that is too late for this session. "
        "Choose an earlier end of the registration."
    )
    field = "registers_until"


class DrawTooFar(Refusal):
    code = "draw_too_far"
    message = _(
        "People can book %(days)s days ahead. Choose an end of the registration that is not "
        "longer before the session."
    )
    field = "registers_until"


class NothingToDraw(Refusal):
    code = "nothing_to_draw"
    message = _("This session has no places to book online, so there is nothing to draw.")
    field = "release"


class AlreadyAnnounced(Refusal):
    code = "already_announced"
    message = _("The places of this session are drawn already.")


def hold_until_of(session: HallSession, registers_until: datetime) -> datetime:
    """Until when winners may confirm: some hours after the draw, never in the night."""
    hours = rule("hold_drawn_hours", hall=session.hall_id, day=session.service_day)
    return reminding.after_quiet_hours(registers_until + timedelta(hours=hours))


def check_times(
    *, session: HallSession, registers_from: datetime, registers_until: datetime
) -> datetime:
    """Until when winners may confirm. Refuses: DrawEndsEarly, DrawEndsLate, DrawTooFar."""
    hold_until = hold_until_of(session, registers_until)
    if registers_until < registers_from + AT_LEAST:
        raise DrawEndsEarly
    if hold_until >= session.starts_at:
        raise DrawEndsLate(until=f"{civil.city_time(hold_until):%Y-%m-%d %H:%M}")
    if session.service_day > last_day(registers_until):
        ahead = last_day(registers_until) - civil.city_date(registers_until)
        raise DrawTooFar(days=ahead.days)
    return hold_until


@transaction.atomic
def announce(
    *, session: HallSession, registers_from: datetime, registers_until: datetime, now: datetime
) -> Draw:
    """The session's places go by draw; its seed is fixed, and the seed's SHA-256 is public.

    Nothing can be booked online until the winners' time is over.
    Refuses: DrawEndsEarly, DrawEndsLate, DrawTooFar, NothingToDraw, HasBookings,
    AlreadyAnnounced.
    """
    hold_until = check_times(
        session=session,
        registers_from=max(registers_from, now),
        registers_until=registers_until,
    )
    slots = list(Slot.objects.filter(session=session).order_by("pk").select_for_update())
    if not any(slot.online_quota for slot in slots):
        raise NothingToDraw
    if any(slot.online_taken for slot in slots):
        raise HasBookings
    seed = secrets.token_bytes(32).hex()
    with refusing({"draw_once_per_session": AlreadyAnnounced}):
        draw = Draw.objects.create(
            session=session,
            registers_from=max(registers_from, now),
            registers_until=registers_until,
            hold_until=hold_until,
            commitment=draw_rule.commitment_of(seed),
            seed_sealed=seal(seed, purpose="draw seed"),
            made_at=now,
        )
    session.release = HallSession.Release.DRAW
    session.save(update_fields=["release"])
    _open_rest(session, hold_until)
    return draw


def _open_rest(session: HallSession, at: datetime) -> None:
    Slot.objects.filter(session=session).update(booking_opens_at=at)
    session.booking_opens_at = at
    session.save(update_fields=["booking_opens_at"])


def draw_due(*, now: datetime) -> int:
    """Every draw whose registration has ended is drawn; returns how many were.

    A draw that meets a lock it cannot get is left for the next time.
    """
    over = Q(registers_until__lte=now) | Q(session__state=HallSession.State.CANCELLED)
    due = Draw.objects.filter(over, drawn_at=None).order_by("registers_until", "pk")
    drawn = 0
    for pk in due.values_list("pk", flat=True):
        try:
            drawn += draw_now(draw_id=pk, now=now)
        except OperationalError as error:
            log.warning("Draw %s waits for the next time: %s", pk, error)
    return drawn


@transaction.atomic
def draw_now(*, draw_id: int, now: datetime) -> bool:
    """The draw is decided, published for good, and everybody is owed a message.

    False when somebody else draws it or has drawn it.
    """
    draws = Draw.objects.select_for_update(skip_locked=True, of=("self",))
    draw = draws.filter(pk=draw_id, drawn_at=None).select_related("session__hall").first()
    if draw is None:
        return False
    _give_time(draw, now)
    registered = draw.entries.filter(state=State.REGISTERED).select_related("matter")
    entries = {entry.public_id: entry for entry in registered.prefetch_related("people")}
    inputs = [_input(entry) for entry in entries.values()]
    seed = unseal(draw.seed_sealed, purpose="draw seed")
    _lock(draw, seed, entries, inputs, now)
    slots = _slots(draw, now)
    given: dict[str, tuple[str, datetime]] = {}

    def take(public_id: str, slot_id: int) -> bool:
        held = _hold(entries[public_id], slot_id, draw, now)
        given.update({public_id: held} if held else {})
        return held is not None

    result = draw_rule.publish(seed=seed, entries=inputs, slots=slots, take=take)
    _tell_all(draw, entries, result["outcome"], given, now)
    draw.seed, draw.drawn_at, draw.result = seed, now, {**_about(draw), **result}
    draw.save(update_fields=["seed", "drawn_at", "result", "hold_until"])
    return True


def _give_time(draw: Draw, now: datetime) -> None:
    """When the house stood still and the draw comes late, winners have their hours anew, as
    far as the session allows."""
    until = hold_until_of(draw.session, now)
    if now > draw.registers_until + LATE and until < draw.session.starts_at:
        draw.hold_until = until
        _open_rest(draw.session, until)


def _about(draw: Draw) -> dict[str, Any]:
    return {
        "draw": draw.pk,
        "hall": draw.session.hall.code,
        "service_day": draw.session.service_day.isoformat(),
        "announced_at": civil.city_time(draw.made_at).isoformat(),
        "registers_from": civil.city_time(draw.registers_from).isoformat(),
        "registers_until": civil.city_time(draw.registers_until).isoformat(),
    }


def _input(entry: DrawEntry) -> dict[str, Any]:
    return {
        "id": entry.public_id,
        "people": len(entry.people.all()),
        "minutes": entry.minutes,
        "wishes": entry.wishes,
    }


def _slots(draw: Draw, now: datetime) -> list[dict[str, Any]]:
    """The session's times that still come, with their free online minutes, in order."""
    slots = Slot.objects.filter(session=draw.session, is_open=True, starts_at__gt=now)
    return [
        {
            "id": slot.pk,
            "starts_at": civil.city_time(slot.starts_at).isoformat(),
            "minutes": slot.online_quota - slot.online_taken,
        }
        for slot in slots.order_by("starts_at", "pk")
    ]


def _lock(
    draw: Draw,
    seed: str,
    entries: dict[str, DrawEntry],
    inputs: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Locks who will win if nothing stands in the way, then the slots.

    Who comes in for one of them is locked later, against the written order; if two wait for
    each other, PostgreSQL ends one of them, and the draw is made anew with the same seed.
    """
    likely = draw_rule.publish(
        seed=seed, entries=inputs, slots=_slots(draw, now), take=lambda entry, slot: True
    )
    winners = [one["id"] for one in likely["outcome"] if one["outcome"] == draw_rule.WON]
    lock_people(_indexes(entries[one] for one in winners), None)
    lock_slots(Slot.objects.filter(session=draw.session).values_list("pk", flat=True))


def _indexes(entries: Iterable[DrawEntry]) -> list[bytes]:
    found: list[bytes] = []
    for entry in entries:
        found += [bytes(entry.phone_index), *(bytes(one.id_index) for one in entry.people.all())]
    return found


def _hold(entry: DrawEntry, slot_id: int, draw: Draw, now: datetime) -> tuple[str, datetime] | None:
    """The first reference and the time, when the places could be given."""
    people = sorted(entry.people.all(), key=lambda one: one.position)
    try:
        held = hold(
            slot_id=slot_id,
            matter=entry.matter,
            people=[attendee_of(one) for one in people],
            phone=unseal(entry.phone_sealed, purpose="phone"),
            now=now,
            language=entry.language,
            simulated=entry.is_simulated,
            expires_at=draw.hold_until,
            early=True,
            limited=False,
        )
    except Refusal:
        return None
    entry.group_id = held.group_id
    return held.bookings[0].reference, held.bookings[0].starts_at


def _tell_all(
    draw: Draw,
    entries: dict[str, DrawEntry],
    outcome: list[dict[str, Any]],
    given: dict[str, tuple[str, datetime]],
    now: datetime,
) -> None:
    """Everybody's rank and state are kept; the news is owed, after the quiet hours."""
    due, messages = reminding.after_quiet_hours(now), []
    for one in outcome:
        entry = entries[one["id"]]
        entry.draw, entry.rank = draw, one["rank"]
        entry.state = State.WON if one["id"] in given else State.LOST
        if one["id"] in given:
            reference, starts_at = given[one["id"]]
            text, until = won_text(entry, reference=reference, starts_at=starts_at), draw.hold_until
        else:
            text, until = lost_text(entry), draw.session.starts_at
        message = reminding.owed(
            subject=f"draw:{entry.pk}", kind=Message.Kind.DRAWN, to_sealed=entry.phone_sealed,
            text=text, now=now,
        )  # fmt: skip
        message.due_at, message.useless_after = due, until
        messages.append(message)
    reminding.owe_all(messages)
    _keep(entries.values())


KEEP = """
UPDATE appointments_drawentry e SET rank = t.rank, state = t.state, group_id = t.group_id
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::bigint[]) AS t(id, rank, state, group_id)
WHERE e.id = t.id
"""


def _keep(entries: Iterable[DrawEntry]) -> None:
    """Ranks, states and groups of all, in one statement."""
    rows = [(one.pk, one.rank, str(one.state), one.group_id) for one in entries]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [list(column) for column in zip(*rows, strict=True)] or [[]] * 4)
