"""The waiting list: joining it, standing in it, leaving it.

People wait together for places in some halls within some days. How places are offered to
them, and how an offer ends, is in appointments/offering_back.py.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments import reminding, saying
from appointments.attending import Attendee, check_people, minutes_for, sealed_person
from appointments.booking import NUMBERS, AlreadyBooked, PersonNotOnline, check_limits
from appointments.claiming import lock_people
from appointments.models import Booking, Message, WaitEntry, WaitOffer, WaitPerson
from appointments.sealing import blind_index, is_secret_of, seal
from appointments.wait_words import ended_text, joined_text
from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.models import Hall, Matter
from windows.rules import rules

State = WaitEntry.State
OPEN = (State.WAITING, State.OFFERED)
AFTER_WITHDRAWAL = timedelta(days=60)  # who lost a place to the hall goes first that long
KEEP_ENDED = timedelta(days=30)
AT_A_TIME = 500


class NoHallChosen(Refusal):
    code = "no_hall_chosen"
    message = _("Choose at least one hall.")
    field = "halls"


class DaysNotFitting(Refusal):
    code = "days_not_fitting"
    message = _("Choose days from today to %(last)s, the first before the last.")
    field = "from"


class AlreadyWaiting(Refusal):
    code = "already_waiting"
    message = _(
        "One of these people is on the waiting list for this matter already. The link to it is "
        "in the message on this phone."
    )
    field = "people"


@transaction.atomic
def join(
    *,
    matter: Matter,
    halls: Iterable[Hall],
    first: date,
    last: date,
    people: list[Attendee],
    phone: str,
    now: datetime,
    evenings_only: bool = False,
    language: str = "zh-hans",
    simulated: bool = False,
) -> WaitEntry:
    """These people wait together, from now on, and are owed the link to their entry.

    Whoever lost a place because the hall cancelled goes before others.
    Refuses: TooManyPeople, SamePersonTwice, AgeNotFitting, GuardianMissing, NoHallChosen,
    DaysNotFitting, OnlineClosed, TooManyVisits, TooManyCancelled, TooManyForPhone,
    TooManyHolds, PersonNotOnline, AlreadyBooked, AlreadyWaiting.
    """
    today, chosen = civil.city_date(now), list(halls)
    people = [replace(person, matters=()) for person in people]  # they wait for this one
    numbers = rules([*NUMBERS, "wait_days_more"], hall=None, day=today)
    check_people(people, matter, most=numbers["group_max"], chain_most=1, today=today)
    _check_wish(chosen, first, last, today=today, latest=latest_day(now))
    persons = [sealed_person(person) for person in people]
    facts: dict[str, Any] = {
        "indexes": [person["id_index"] for person in persons],
        "phone_index": blind_index(phone, purpose="phone"),
        "now": now,
    }
    lock_people(facts["indexes"], facts["phone_index"])
    check_limits(facts, numbers)
    _check_free(matter, facts)
    more = numbers["needs_more_percent"]
    entry = WaitEntry.objects.create(
        matter=matter,
        first_day=first,
        last_day=last,
        evenings_only=evenings_only,
        minutes=sum(minutes_for(matter, person.needs, more) for person in people),
        phone_sealed=seal(phone, purpose="phone"),
        phone_index=facts["phone_index"],
        language=language,
        priority=_priority(matter, facts),
        made_at=now,
        is_simulated=simulated,
    )
    entry.halls.set(chosen)
    with refusing({"wait_person_once_per_matter": PersonNotOnline}):
        WaitPerson.objects.bulk_create(
            WaitPerson(entry=entry, matter=matter, position=place, **person)
            for place, person in enumerate(persons)
        )
    owe(entry, Message.Kind.WAITING, joined_text(entry), now=now)
    return entry


def latest_day(now: datetime) -> date:
    """The last day that one can wait for."""
    today = civil.city_date(now)
    numbers = rules(["horizon_days", "wait_days_more"], hall=None, day=today)
    return today + timedelta(days=sum(numbers.values()))


def _check_wish(halls: list[Hall], first: date, last: date, *, today: date, latest: date) -> None:
    if not halls:
        raise NoHallChosen
    if not today <= first <= last <= latest:
        raise DaysNotFitting(last=saying.long_day(latest))


def _check_free(matter: Matter, facts: dict[str, Any]) -> None:
    """Nobody waits twice, or for what they have; strangers are told neither.

    The reason is told to the phone that booked or joined the list for all of them.
    """
    of_people = Q(id_index__in=facts["indexes"], matter=matter)
    booked = Booking.objects.filter(of_people, state__in=Booking.OPEN)
    waiting = WaitPerson.objects.filter(of_people, is_waiting=True)
    booked_by = set(booked.values_list("group__phone_index", flat=True))
    waits_by = set(waiting.values_list("entry__phone_index", flat=True))
    phones = {phone and bytes(phone) for phone in booked_by | waits_by}
    if phones - {facts["phone_index"]}:
        raise PersonNotOnline
    if phones:
        raise AlreadyBooked if booked_by else AlreadyWaiting


def _priority(matter: Matter, facts: dict[str, Any]) -> int:
    """1 when the hall cancelled the last booking of one of them."""
    recent = Booking.objects.filter(
        id_index__in=facts["indexes"], matter=matter, made_at__gt=facts["now"] - AFTER_WITHDRAWAL
    )
    latest = recent.order_by("id_index", "-made_at", "-pk").distinct("id_index")
    return int(Booking.State.WITHDRAWN in latest.values_list("state", flat=True))


def owe(
    entry: WaitEntry,
    kind: str,
    text: str,
    *,
    now: datetime,
    due: datetime | None = None,
    useless_after: datetime | None = None,
    version: int = 1,
) -> None:
    """The entry's phone is owed the text."""
    reminding.owe(
        subject=f"wait:{entry.pk}",
        kind=kind,
        version=version,
        to_sealed=entry.phone_sealed,
        text=text,
        now=now,
        due=due,
        useless_after=useless_after,
    )


def find(public_id: str, secret: str) -> WaitEntry:
    """The entry, for the holder of its secret. Raises NotFound, the same for both."""
    entry = None
    if "\x00" not in public_id:
        entry = WaitEntry.objects.filter(public_id=public_id).select_related("matter").first()
    if not is_secret_of("waiting", public_id, secret) or entry is None:
        raise NotFound
    return entry


def before(entry: WaitEntry) -> int:
    """How many entries stand before this one for one of its halls and days."""
    earlier = Q(priority__gt=entry.priority) | Q(
        Q(made_at__lt=entry.made_at) | Q(made_at=entry.made_at, pk__lt=entry.pk),
        priority=entry.priority,
    )
    rivals = WaitEntry.objects.filter(
        earlier,
        state__in=OPEN,
        halls__in=entry.halls.all(),
        first_day__lte=entry.last_day,
        last_day__gte=entry.first_day,
    )
    return rivals.distinct().count()


def locked(entry_id: int, **only: Any) -> WaitEntry | None:
    """The entry, locked, if it is as asked and in nobody's hands.

    An entry comes first in the order of locks: before people, slots and bookings.
    """
    entries = WaitEntry.objects.filter(pk=entry_id, **only).select_related("matter")
    return entries.select_for_update(skip_locked=True, of=("self",)).first()


def end(entry: WaitEntry, state: str, *, now: datetime) -> None:
    """The locked entry is over; its people may wait again."""
    entry.state, entry.ended_at = state, now
    entry.save(update_fields=["state", "ended_at"])
    entry.people.update(is_waiting=False)


def end_over(*, now: datetime) -> int:
    """Entries whose people booked otherwise end quietly, those whose days are over with a
    word to them; returns how many ended."""
    waiting = WaitEntry.objects.filter(state=State.WAITING).order_by("pk")
    over = waiting.filter(last_day__lt=civil.city_date(now))
    ended = sum(_end_found(pk, State.BOOKED, now) for pk in _ids(waiting.filter(_booked())))
    return ended + sum(_end_found(pk, State.ENDED, now) for pk in _ids(over))


def _booked() -> Exists:
    """Somebody of the entry has a booking for its matter."""
    promised = Booking.objects.filter(
        state__in=(Booking.State.CONFIRMED, Booking.State.ARRIVED),
        matter=OuterRef("matter"),
        id_index=OuterRef("id_index"),
    )
    return Exists(WaitPerson.objects.filter(Exists(promised), entry=OuterRef("pk")))


def _ids(entries: QuerySet[WaitEntry]) -> list[int]:
    return list(entries.values_list("pk", flat=True)[:AT_A_TIME])


@transaction.atomic
def _end_found(entry_id: int, state: str, now: datetime) -> bool:
    entry = locked(entry_id, state=State.WAITING)
    if entry is None:
        return False
    end(entry, state, now=now)
    if state == State.ENDED:
        morning = reminding.after_quiet_hours(now)
        owe(entry, Message.Kind.WAITING, ended_text(entry), now=now, due=morning, version=2)
    return True


def long_ended(now: datetime) -> tuple[QuerySet, QuerySet]:
    """What need not be kept any more: offers first, then entries with their people."""
    old = WaitEntry.objects.filter(ended_at__lt=now - KEEP_ENDED)
    return WaitOffer.objects.filter(entry__in=old), old
