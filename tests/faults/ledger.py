"""What clients were told, and what the database says: the two must be one story.

`Said` is one definite answer to one press of a button, in the order in which its person
heard it. `lies` compares all of them with the rows of the database and returns every
sentence that is not true; an empty list is the good answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from appointments.models import Booking, ReturningPlace
from appointments.sealing import unseal
from windows.models import Slot

OPEN = {"held", "confirmed", "arrived"}
HOLDING = OPEN | {"served", "no_show"}


@dataclass(frozen=True)
class Told:
    """One booking as an answer described it."""

    reference: str
    state: str
    starts_at: str


@dataclass(frozen=True)
class Said:
    """One definite answer: what it told, or the code of its refusal."""

    person: str
    key: str
    status: int
    told: tuple[Told, ...] = ()
    refusal: str = ""


@dataclass(frozen=True)
class Row:
    """One booking, as it is in the database."""

    reference: str
    person: str
    slot: int
    minutes: int
    state: str
    starts_at: str


@dataclass(frozen=True)
class Places:
    """A slot's quota, what its counter says is taken, and what is on its way back."""

    quota: int
    taken: int
    returning: int = 0


def lies(
    said: Iterable[Said], rows: Iterable[Row], slots: dict[int, Places], unknown: Iterable[str] = ()
) -> list[str]:
    """Every difference between the story of the clients and that of the database."""
    said, rows = list(said), list(rows)
    return [
        *(f"unknown: nobody knows what became of key {key}" for key in unknown),
        *_told_twice_different(said),
        *_between(_last_words(said), {row.reference: row for row in rows}),
        *_doubled(rows),
        *_oversold(rows, slots),
    ]


def _told_twice_different(said: list[Said]) -> list[str]:
    by_key = defaultdict(set)
    for one in said:
        by_key[one.key].add((one.status, one.told, one.refusal))
    return [f"told twice different: {key}" for key, words in by_key.items() if len(words) > 1]


def _last_words(said: list[Said]) -> dict[str, tuple[Told, str]]:
    """The latest news of each booking and who heard it; repeated answers are no news."""
    heard: set[str] = set()
    last: dict[str, tuple[Told, str]] = {}
    for one in said:
        if one.key not in heard:
            last |= {told.reference: (told, one.person) for told in one.told}
        heard.add(one.key)
    return last


def _between(last: dict[str, tuple[Told, str]], rows: dict[str, Row]) -> list[str]:
    found = [f"lost: {reference} was told" for reference in last.keys() - rows.keys()]
    found += [f"phantom: nobody was told of {reference}" for reference in rows.keys() - last.keys()]
    for reference in last.keys() & rows.keys():
        (told, person), row = last[reference], rows[reference]
        if (told.state, told.starts_at) != (row.state, row.starts_at):
            found.append(f"different: {told} was told, there is {row}")
        if person != row.person:
            found.append(f"different: {reference} was told to {person}, it is of {row.person}")
    return found


def _doubled(rows: list[Row]) -> list[str]:
    """Everybody in this story asks for one matter, so one open booking is all they can have."""
    open_rows = Counter(row.person for row in rows if row.state in OPEN)
    return [f"doubled: {person} has {n}" for person, n in open_rows.items() if n > 1]


def _oversold(rows: list[Row], slots: dict[int, Places]) -> list[str]:
    found = []
    held = dict.fromkeys(slots, 0)
    by_slot = attrgetter("slot")
    for slot, those in groupby(sorted(rows, key=by_slot), key=by_slot):
        held[slot] = sum(row.minutes for row in those if row.state in HOLDING)
    for slot, minutes in held.items():
        places = slots.get(slot, Places(0, 0))
        if minutes + places.returning > places.quota:
            found.append(f"oversold: slot {slot} has {minutes} of {places.quota} minutes")
        if minutes + places.returning != places.taken:
            found.append(f"miscounted: slot {slot} counts {places.taken}, holds {minutes}")
    return found


def rows_now() -> list[Row]:
    """Every booking there is."""
    return [
        Row(
            reference=one.reference,
            person=unseal(one.id_sealed, purpose="id_number"),
            slot=one.slot_id,
            minutes=one.minutes,
            state=one.state,
            starts_at=one.starts_at.isoformat(),
        )
        for one in Booking.objects.all()
    ]


def places_now() -> dict[int, Places]:
    """Every slot's online places."""
    back: Counter[int] = Counter()
    for slot, minutes in ReturningPlace.objects.filter(ended_at=None).values_list(
        "slot_id", "minutes"
    ):
        back[slot] += minutes
    return {
        slot.pk: Places(slot.online_quota, slot.online_taken, back[slot.pk])
        for slot in Slot.objects.all()
    }
