"""Registering for a draw, and withdrawing. Each person takes part once.

Locks: the draw (shared, so that it is not drawn meanwhile), then people (advisory).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.attending import Attendee, check_people, minutes_for, sealed_person
from appointments.booking import (
    NUMBERS,
    AlreadyBooked,
    PersonNotOnline,
    TooManyForPhone,
    check_limits,
)
from appointments.claiming import lock_people
from appointments.draw_words import registered_text
from appointments.models import Booking, Draw, DrawEntry, DrawPerson, Message
from appointments.sealing import blind_index, is_secret_of, seal
from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.models import HallSession, Matter, Slot
from windows.rules import rules
from windows.served import served

State = DrawEntry.State


class RegistrationClosed(Refusal):
    code = "registration_closed"
    message = _("Registration is closed. What is not drawn opens to everyone later.")


class NotInSession(Refusal):
    code = "not_in_session"
    message = _("This matter is not done in this session. Please choose another one.")
    field = "matter"


class WishElsewhere(Refusal):
    code = "wish_elsewhere"
    message = _("One of these times does not belong to this session.")
    field = "wishes"


class NoRoomTogether(Refusal):
    code = "no_room_together"
    message = _("No time of this session has room for all of you. Please register fewer people.")
    field = "people"


class AlreadyRegistered(Refusal):
    code = "already_registered"
    message = _("One of these people is registered for this draw already.")
    field = "people"


@dataclass(frozen=True)
class Registration:
    """People who want to come together, as typed; `any_other`: other times are fine too."""

    matter: Matter
    people: list[Attendee]
    wishes: tuple[int, ...] = ()
    any_other: bool = False


@transaction.atomic
def register(
    *,
    draw: Draw,
    asked: Registration,
    phone: str,
    now: datetime,
    language: str = "zh-hans",
    simulated: bool = False,
) -> DrawEntry:
    """These people take part in the draw, each once; the phone is owed a message.

    Refuses: RegistrationClosed, NotInSession, WishElsewhere, NoRoomTogether,
    AlreadyRegistered, AlreadyBooked, and what `hold` refuses of people and phones.
    """
    found = _open_for_registration(draw, now)
    numbers = rules(NUMBERS, hall=None, day=civil.city_date(now))
    today, most = civil.city_date(now), numbers["group_max"]
    check_people(asked.people, asked.matter, most=most, chain_most=1, today=today)
    percent = numbers["needs_more_percent"]
    minutes = sum(minutes_for(asked.matter, one.needs, percent) for one in asked.people)
    wishes = _wishes(found.session, asked, minutes)
    people = [sealed_person(person) for person in asked.people]
    phone_index = blind_index(phone, purpose="phone")
    _check_standing(found, asked.matter, people, phone_index, numbers, now)
    entry = DrawEntry.objects.create(
        draw=found,
        matter=asked.matter,
        minutes=minutes,
        wishes=wishes,
        phone_sealed=seal(phone, purpose="phone"),
        phone_index=phone_index,
        language=language,
        made_at=now,
        is_simulated=simulated,
    )
    _enter(entry, people, now)
    return entry


def _enter(entry: DrawEntry, people: list[dict[str, Any]], now: datetime) -> None:
    """The people belong to the entry, and its phone is owed the news."""
    with refusing({"draw_person_once": AlreadyRegistered}):
        DrawPerson.objects.bulk_create(
            DrawPerson(entry=entry, draw=entry.draw, position=n, **person)
            for n, person in enumerate(people)
        )
    reminding.owe(
        subject=f"draw:{entry.pk}", kind=Message.Kind.REGISTERED, to_sealed=entry.phone_sealed,
        text=registered_text(entry), now=now, useless_after=entry.draw.registers_until,
    )  # fmt: skip


def _open_for_registration(draw: Draw, now: datetime) -> Draw:
    """The draw, which cannot be drawn until we are done. Refuses: RegistrationClosed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM appointments_draw WHERE id = %s FOR SHARE", [draw.pk])
    found = Draw.objects.select_related("session__hall").get(pk=draw.pk)
    alive = found.session.state == HallSession.State.OPEN and found.drawn_at is None
    if not alive or not found.registers_from <= now < found.registers_until:
        raise RegistrationClosed
    return found


def wishable(session: HallSession) -> list[Slot]:
    """The times of the session that can be drawn, in order."""
    return list(session.slots.filter(is_open=True, online_quota__gt=0).order_by("starts_at"))


def _wishes(session: HallSession, asked: Registration, minutes: int) -> list[int]:
    """The slots by preference; with "any other time" the rest follow in order of time."""
    if asked.matter not in served(session):
        raise NotInSession
    rooms = {slot.pk: slot.online_quota for slot in wishable(session)}
    wishes = list(dict.fromkeys(asked.wishes))
    if not set(wishes) <= set(rooms):
        raise WishElsewhere
    if wishes and asked.any_other:
        wishes += [pk for pk in rooms if pk not in wishes]
    if max((rooms[pk] for pk in wishes or rooms), default=0) < minutes:
        raise NoRoomTogether
    return wishes


def _check_standing(
    draw: Draw,
    matter: Matter,
    people: list[dict[str, Any]],
    phone_index: bytes,
    numbers: dict[str, int],
    now: datetime,
) -> None:
    """Refuses what stands against these people or this phone; a stranger's reason is told
    to nobody (PersonNotOnline)."""
    indexes = [person["id_index"] for person in people]
    lock_people(indexes, phone_index)
    check_limits({"indexes": indexes, "phone_index": phone_index, "now": now}, numbers)
    same = DrawPerson.objects.filter(draw=draw, is_registered=True)
    twice = same.filter(id_index__in=indexes)
    if twice.exclude(entry__phone_index=phone_index).exists():
        raise PersonNotOnline
    if twice.exists():
        raise AlreadyRegistered
    visits = Booking.objects.filter(
        Q(matter=matter) | Q(service_day=draw.session.service_day),
        id_index__in=indexes,
        state__in=Booking.OPEN,
    )
    if visits.exclude(group__phone_index=phone_index).exists():
        raise PersonNotOnline
    if visits.exists():
        raise AlreadyBooked
    most = numbers["phone_people_most"]
    if same.filter(entry__phone_index=phone_index).count() + len(people) > most:
        raise TooManyForPhone(most=most, days=numbers["limit_days"])


@transaction.atomic
def withdraw_registration(*, entry: DrawEntry, now: datetime) -> DrawEntry:
    """The people no longer take part and may register anew; again changes nothing.

    Refuses: RegistrationClosed.
    """
    _open_for_registration(entry.draw, now)
    found = DrawEntry.objects.select_for_update().get(pk=entry.pk)
    if found.state == State.REGISTERED:
        found.state = State.LEFT
        found.save(update_fields=["state"])
        found.people.update(is_registered=False)
    return found


def find_entry(public_id: str, secret: str) -> DrawEntry:
    """The entry, for the holder of its secret. Raises NotFound, the same for both."""
    known = "\x00" not in public_id and is_secret_of("draw entry", public_id, secret)
    entries = DrawEntry.objects.select_related("draw__session__hall", "matter")
    entry = entries.filter(public_id=public_id).first() if known else None
    if entry is None:
        raise NotFound
    return entry
