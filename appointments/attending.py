"""Who comes: the people of a booking, what they need, and how their details are kept."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from django.utils.translation import gettext_lazy as _

from appointments.id_numbers import IdNumber, clean_id_number
from appointments.models import Booking
from appointments.models.person import SealedPerson
from appointments.sealing import blind_index, seal, unseal
from config import civil
from config.refusals import Refusal
from windows.models import Matter

CHILD_BELOW = 16
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
NEEDS = {
    "wheelchair": _("Comes in a wheelchair or cannot climb steps"),
    "sign": _("Speaks sign language or reads lips"),
    "time": _("Needs more time at the window"),
}
NEEDS_MORE_MINUTES = {"sign", "time"}


class SamePersonTwice(Refusal):
    code = "same_person_twice"
    message = _("The same ID number is entered twice.")
    field = "people"


class TooManyPeople(Refusal):
    code = "too_many_people"
    message = _("At most %(most)s people can book together.")
    field = "people"


class AgeNotFitting(Refusal):
    code = "age_not_fitting"
    message = _("“%(matter)s” is not for a person of that age. Please choose another matter.")
    field = "people"


class GuardianMissing(Refusal):
    code = "guardian_missing"
    message = _("A child comes with a guardian. Please enter the guardian's name.")
    field = "people"


class ChainTooLong(Refusal):
    code = "chain_too_long"
    message = _("At most %(most)s matters fit into one visit.")
    field = "matter"


@dataclass(frozen=True)
class Attendee:
    """A person who will come.

    `guardian` is the name of the adult beside a child; `needs` are keys of NEEDS;
    `matters` are all that the person comes for, in order (empty: the booking's matter).
    """

    name: str
    id_number: IdNumber
    guardian: str = ""
    needs: tuple[str, ...] = ()
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True)
class Visit:
    """One booking to be: a person and a matter, sealed; `person` counts from 0."""

    person: int
    reference: str
    matter_id: int
    minutes: int
    name_sealed: bytes
    id_sealed: bytes
    id_index: bytes
    born_on: date
    guardian_sealed: bytes | None
    needs_sealed: bytes | None


def check_people(
    people: list[Attendee], matter: Matter, *, most: int, chain_most: int, today: date
) -> None:
    """Refuses: TooManyPeople, SamePersonTwice, ChainTooLong, AgeNotFitting, GuardianMissing."""
    if not 1 <= len(people) <= most:
        raise TooManyPeople(most=most)
    if len({person.id_number.number for person in people}) < len(people):
        raise SamePersonTwice
    for person in people:
        matters = matters_of(person, matter)
        if len(matters) > chain_most:
            raise ChainTooLong(most=chain_most)
        for one in matters:
            _check_age(person, one, today)


def matters_of(person: Attendee, matter: Matter) -> list[Matter]:
    """What the person comes for, each once."""
    return list(dict.fromkeys(person.matters or (matter,)))


def _check_age(person: Attendee, matter: Matter, today: date) -> None:
    age = civil.full_years(person.id_number.born_on, today)
    too_young = matter.min_age is not None and age < matter.min_age
    too_old = matter.max_age is not None and age > matter.max_age
    if too_young or too_old:
        raise AgeNotFitting(matter=matter.name)
    # Under 16 a guardian applies on the child's behalf (居民身份证法, Article 7).
    child = matter.needs_guardian or age < CHILD_BELOW
    if child and not person.guardian.strip():
        raise GuardianMissing


def minutes_for(matter: Matter, needs: tuple[str, ...], more_percent: int) -> int:
    """Window-minutes of one person for the matter, more when the needs ask for more time."""
    if not NEEDS_MORE_MINUTES & set(needs):
        return matter.minutes
    return matter.minutes + ceil(matter.minutes * more_percent / 100)


def visits_of(people: list[Attendee], matter: Matter, *, more_percent: int) -> list[Visit]:
    """One sealed row per person and matter, in the order of typing."""
    return [
        Visit(
            person=n,
            reference=new_reference(),
            matter_id=one.pk,
            minutes=minutes_for(one, person.needs, more_percent),
            **sealed_person(person),
        )
        for n, person in enumerate(people)
        for one in matters_of(person, matter)
    ]


def sealed_person(person: Attendee) -> dict:
    """The fields of models.person.SealedPerson, without `position`."""
    return {
        "name_sealed": seal(person.name, purpose="name"),
        "id_sealed": seal(person.id_number.number, purpose="id_number"),
        "id_index": blind_index(person.id_number.number, purpose="id_number"),
        "born_on": person.id_number.born_on,
        "guardian_sealed": seal(person.guardian, purpose="name") if person.guardian else None,
        "needs_sealed": seal(",".join(person.needs), purpose="needs") if person.needs else None,
    }


def attendee_of(kept: SealedPerson | Booking, matters: tuple[Matter, ...] = ()) -> Attendee:
    """The person as typed, from the sealed fields of a booking, an entry or a registration."""
    number = unseal(kept.id_sealed, purpose="id_number")
    guardian = kept.guardian_sealed
    return Attendee(
        name=unseal(kept.name_sealed, purpose="name"),
        id_number=clean_id_number(number, today=kept.born_on + timedelta(days=1)),
        guardian=unseal(guardian, purpose="name") if guardian else "",
        needs=needs_of(kept),
        matters=matters,
    )


def needs_of(kept: SealedPerson | Booking) -> tuple[str, ...]:
    """Keys of NEEDS; empty when nothing was said."""
    if kept.needs_sealed is None:
        return ()
    return tuple(unseal(kept.needs_sealed, purpose="needs").split(","))


def new_reference() -> str:
    """Eight characters that are read aloud without confusion (39 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))
