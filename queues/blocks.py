"""Numbers for when a kiosk is cut off: reserved beforehand, taken back afterwards.

A block is a stretch of the numbers 900-999 of a letter and day, with the public ids of its
tickets, so that paper can carry the address of a ticket that is not here yet. The counter
steps over these numbers (queues/issuing.py): what a kiosk gives alone can meet nobody
else's number. See docs/adr/0011.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal
from queues.closing import still_serves, void_left
from queues.issuing import HallClosed, HallClosedForGood, record
from queues.models import NumberBlock, Ticket
from queues.models.ticket import BLOCK_NUMBERS, public_id
from queues.ranking import walk_in_rank
from windows.models import DeviceToken, Hall, HallSession, Matter, Staff
from windows.rules import rule
from windows.telling import tell_boards

BEFOREHAND = timedelta(hours=24)  # a kiosk may ask on the evening before
NOBODY_STANDS_THERE = timedelta(hours=4)  # after the end of the session: see housekeeping
FEW_PARTS = 4  # a block of which less than a quarter is left is replaced

MADE, KNOWN, REFUSED = "made", "known", "refused"


class NoBlockLeft(Refusal):
    code = "no_block_left"
    message = _("All reserved numbers of this letter are with kiosks already.")


class NotOfYourBlock(Refusal):
    code = "not_of_your_block"
    message = _("This number was not reserved for this kiosk.")
    field = "number"


class NotOfThisLetter(Refusal):
    code = "not_of_this_letter"
    message = _("This matter does not have numbers of this letter.")
    field = "matter"


class NoSessionThen(Refusal):
    code = "no_session_then"
    message = _("The hall had no session on the day of this number.")


@dataclass(frozen=True)
class Given:
    """A number that a kiosk gave while it was cut off, as the kiosk tells it."""

    prefix: str
    number: int
    matter: str
    taken_at: datetime
    public_id: str = ""


@dataclass(frozen=True)
class Fate:
    """What became of one given number: made now, known before, or refused with a reason."""

    given: Given
    outcome: str
    ticket: Ticket | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Hours:
    """The service day that comes or runs, and from when until when numbers are given."""

    service_day: date
    open: list[tuple[datetime, datetime]]


def hours_of(*, hall: Hall, now: datetime) -> Hours:
    """The sessions of the service day for which numbers are reserved now.

    Refuses: HallClosed, HallClosedForGood when the hall does not open within a day.
    """
    coming = HallSession.objects.filter(hall=hall, state="open", ends_at__gt=now)
    first = coming.order_by("starts_at", "pk").first()
    if first is None or not hall.is_open:
        raise HallClosedForGood
    if first.starts_at > now + BEFOREHAND:
        raise HallClosed(opens=f"{civil.city_time(first.starts_at):%Y-%m-%d %H:%M}")
    day = first.service_day
    early = timedelta(minutes=rule("checkin_early_minutes", hall=hall, day=day))
    of_day = coming.filter(service_day=day).order_by("starts_at", "pk")
    return Hours(day, [(session.starts_at - early, session.ends_at) for session in of_day])


@transaction.atomic
def reserve_block(
    *,
    hall: Hall,
    device: DeviceToken,
    prefix: str,
    now: datetime,
    holds: Collection[int] | None = None,
) -> NumberBlock:
    """The kiosk's block of that letter for the day that runs or comes; asking again gives
    the same one until it is nearly used up.

    `holds`: the blocks that the kiosk still has. One that has lost its memory gets another
    block: nobody knows which numbers of the old one are on paper.
    Refuses: NoBlockLeft, HallClosed. Raises NotFound for a kiosk of another hall.
    """
    if device.hall_id != hall.pk:
        raise NotFound
    day = hours_of(hall=hall, now=now).service_day
    _lock(hall)
    of_day = NumberBlock.objects.filter(hall=hall, service_day=day, prefix=prefix)
    current = of_day.filter(device=device).order_by("last").last()
    if current and (holds is None or current.pk in holds) and _has_enough(current):
        return current
    taken = of_day.order_by("last").last()
    first = taken.last + 1 if taken else BLOCK_NUMBERS[0]
    if first > BLOCK_NUMBERS[1]:
        raise NoBlockLeft
    size = max(rule("block_numbers", hall=hall, day=day), 1)
    last = min(first + size - 1, BLOCK_NUMBERS[1])
    return NumberBlock.objects.create(
        hall=hall,
        service_day=day,
        prefix=prefix,
        device=device,
        first=first,
        last=last,
        public_ids=[public_id() for _number in range(first, last + 1)],
        made_at=now,
    )


def _lock(hall: Hall) -> None:
    """One reservation of a hall at a time; who takes a number meanwhile does not wait."""
    Hall.objects.select_for_update(no_key=True).only("pk").get(pk=hall.pk)


def _has_enough(block: NumberBlock) -> bool:
    size = block.last - block.first + 1
    return (size - block.tickets.count()) * FEW_PARTS >= size


def numbers_left(block: NumberBlock) -> list[tuple[int, str]]:
    """The numbers of the block that no ticket has yet, with their public ids."""
    gone = set(block.tickets.values_list("number", flat=True))
    numbered = zip(range(block.first, block.last + 1), block.public_ids, strict=True)
    return [(number, own) for number, own in numbered if number not in gone]


@transaction.atomic
def take_back(*, device: DeviceToken, given: Sequence[Given], now: datetime) -> list[Fate]:
    """The numbers that the kiosk gave while it was cut off are tickets now.

    Each has the number and the public id that its paper says, and ranks as a walk-in that
    came when it was given. A second time changes nothing; one that cannot be is refused
    and the others are taken. The answer tells each one's fate, in the order of `given`.
    """
    blocks = _blocks_for(device, given)
    matters = {one.code: one for one in Matter.objects.filter(code__in={g.matter for g in given})}
    fates: dict[Given, Fate] = {}
    for one in sorted(set(given), key=lambda one: (one.taken_at, one.number)):
        try:
            fates[one] = _take(one, blocks, matters.get(one.matter), device, now=now)
        except Refusal as refusal:
            fates[one] = Fate(one, REFUSED, refusal=refusal)
    made = [fate.ticket for fate in fates.values() if fate.ticket and fate.outcome == MADE]
    if made:
        _settle(made, now)
        tell_boards(device.hall_id)
    return [fates[one] for one in given]


@transaction.atomic
def take_looked_at(*, device: DeviceToken, one: Given, by: Staff, now: datetime) -> Fate:
    """The number that a person has looked at is a ticket, or was one before.

    Refuses: NotOfYourBlock, NotOfThisLetter, NoSessionThen.
    """
    matter = Matter.objects.filter(code=one.matter).first()
    fate = _take(one, _blocks_for(device, [one]), matter, device, now=now, by=by)
    if fate.ticket and fate.outcome == MADE:
        _settle([fate.ticket], now)
        tell_boards(device.hall_id)
    return fate


def _blocks_for(device: DeviceToken, given: Sequence[Given]) -> list[NumberBlock]:
    """The kiosk's blocks, and those of its hall from which it knows a public id: a machine
    that was paired anew still has the numbers of the time before."""
    known = {one.public_id for one in given if one.public_id}
    theirs = Q(hall=device.hall_id, public_ids__overlap=sorted(known))
    blocks = NumberBlock.objects.filter(Q(device=device) | theirs)
    return list(blocks.order_by("pk").select_for_update())


def _take(
    one: Given,
    blocks: list[NumberBlock],
    matter: Matter | None,
    device: DeviceToken,
    *,
    now: datetime,
    by: Staff | None = None,
) -> Fate:
    block = _block_of(one, blocks, device)
    known = Ticket.objects.filter(block=block, number=one.number).first()
    if known is not None:
        return Fate(one, KNOWN, known)
    if matter is None or matter.prefix != block.prefix:
        raise NotOfThisLetter
    session, taken_at = _given_at(one, block, now)
    patience = rule("patience_minutes", hall=block.hall_id, day=block.service_day)
    ticket = Ticket.objects.create(
        hall_id=block.hall_id,
        session=session,
        service_day=block.service_day,
        matter=matter,
        prefix=block.prefix,
        number=one.number,
        public_id=block.public_ids[one.number - block.first],
        block=block,
        source=Ticket.Source.WALK_IN,
        rank_at=walk_in_rank(taken_at, timedelta(minutes=patience)),
        issued_at=taken_at,
    )
    record(
        ticket,
        "issued",
        now=now,
        was="",
        by=by,
        how="issued while cut off",
        device=device.name,
        said_at=one.taken_at.isoformat(),
        rank_at=ticket.rank_at.isoformat(),
    )
    return Fate(one, MADE, ticket)


def _given_at(one: Given, block: NumberBlock, now: datetime) -> tuple[HallSession, datetime]:
    """The session it belongs to, and when it was given, as far as that can be."""
    given_at = max(block.made_at, min(one.taken_at, now))  # a kiosk's clock may be wrong
    session = _session_of(block, given_at)
    minutes = rule("checkin_early_minutes", hall=block.hall_id, day=block.service_day)
    early = session.starts_at - timedelta(minutes=minutes)
    return session, max(given_at, min(early, now))  # nobody came before


def _block_of(one: Given, blocks: list[NumberBlock], device: DeviceToken) -> NumberBlock:
    """The block with that number; of several days the one that its id or, without it, its
    time tells. Without the id only the kiosk's own. Refuses: NotOfYourBlock."""
    fitting = [
        block
        for block in blocks
        if block.prefix == one.prefix
        and block.first <= one.number <= block.last
        and (
            one.public_id == block.public_ids[one.number - block.first]
            or (not one.public_id and block.device_id == device.pk)
        )
    ]
    if not fitting:
        raise NotOfYourBlock
    return min(fitting, key=lambda block: (block.made_at > one.taken_at, -block.pk))


def _session_of(block: NumberBlock, taken_at: datetime) -> HallSession:
    """The session of the number's day that gave tickets then, or was nearest to it.

    Refuses: NoSessionThen.
    """

    def away(session: HallSession) -> tuple[bool, timedelta, int]:
        before, after = session.starts_at - taken_at, taken_at - session.ends_at
        return session.state != "open", max(before, after, timedelta(0)), session.pk

    of_day = HallSession.objects.filter(hall_id=block.hall_id, service_day=block.service_day)
    session = min(of_day, key=away, default=None)
    if session is None:
        raise NoSessionThen
    return session


def _settle(tickets: Sequence[Ticket], now: datetime) -> None:
    """Who was there is served, also when the day was closed meanwhile: it is open again.

    Hours after the last session of the day nobody stands there any more, unless a window
    still serves, and what was left of the day ends.
    """
    for hall_id, day in {(ticket.hall_id, ticket.service_day) for ticket in tickets}:
        mine = {ticket.session_id for ticket in tickets if ticket.service_day == day}
        of_day = HallSession.objects.filter(hall=hall_id, service_day=day)
        last = of_day.filter(Q(state="open") | Q(pk__in=mine)).aggregate(last=Max("ends_at"))[
            "last"
        ]
        is_over = now > last + NOBODY_STANDS_THERE
        if is_over and not still_serves(hall_id=hall_id, service_day=day, now=now):
            void_left(hall_id=hall_id, service_day=day, now=now)
        else:
            HallSession.objects.filter(pk__in=mine).update(closed_at=None)
