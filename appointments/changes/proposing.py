"""Proposing new places: what is nearest to what somebody had.

A party goes where all its matters are served and, with a wheelchair, where a window can be
reached, never on a day on which one of them has another visit. What a place costs is
weighed in `weighing_places`.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from appointments.attending import needs_of
from appointments.changes.candidates import Column
from appointments.changes.displacing import Lost
from appointments.changes.matching import assign
from appointments.changes.weighing_places import Ground, Kind, is_evening
from appointments.models import Booking

MOST_ROUNDS = 6
SOME_MORE = 50
AT_ONCE = 500  # more than that choose after one another, who booked first first


@dataclass(frozen=True)
class Party:
    """People who lose their places together."""

    group_id: int
    bookings: list[Booking]
    kind: Kind

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.bookings)

    @property
    def people(self) -> set[bytes]:
        return {bytes(one.id_index) for one in self.bookings}


def parties_of(lost: list[Lost], *, accessible: bool) -> list[Party]:
    """By group, who booked first first; `accessible`: a wheelchair found its window so far."""
    found: dict[int, list[Lost]] = defaultdict(list)
    for one in lost:
        found[one.booking.group_id].append(one)
    parties = [_party(group_id, mine, accessible) for group_id, mine in found.items()]
    return sorted(parties, key=lambda one: (one.bookings[0].made_at, one.group_id))


def _party(group_id: int, lost: list[Lost], accessible: bool) -> Party:
    first = min(lost, key=lambda one: (one.booking.starts_at, one.booking.position))
    bookings = sorted((one.booking for one in lost), key=lambda one: (one.position, one.pk))
    needs = {need for one in bookings for need in needs_of(one)}
    kind = Kind(
        starts_at=first.booking.starts_at,
        service_day=first.booking.service_day,
        hall=first.booking.hall,
        channel=first.booking.channel,
        matters=frozenset(one.matter_id for one in bookings),
        wheelchair=accessible and "wheelchair" in needs,
        is_evening=is_evening(first.booking.starts_at, first.plan.session.kind),
    )
    return Party(group_id, bookings, kind)


def propose(parties: list[Party], columns: list[Column]) -> dict[int, Column]:
    """A place for each booking that can have one, by its id; all of a party or none of it."""
    if not (parties and columns):
        return {}
    proposal = _Proposal(parties, columns)
    for first in range(0, len(parties), AT_ONCE):
        for party in proposal.place(parties[first : first + AT_ONCE]):
            proposal.place_in_two(party)
    return proposal.found


class _Proposal:
    """What is left of each place while parties are placed, and who has which."""

    def __init__(self, parties: list[Party], columns: list[Column]) -> None:
        ground = Ground(columns)
        self.columns = columns
        self.rooms = [column.room for column in columns]
        self.days = np.array([one.place.service_day.toordinal() for one in columns])
        self.busy = _busy_days(parties)
        self.costs = {kind: ground.costs(kind) for kind in {party.kind for party in parties}}
        self.found = dict[int, Column]()

    def place(self, parties: list[Party]) -> list[Party]:
        """The best places for these; returns those for whom there is no single one."""
        left = list(parties)
        for _round in range(MOST_ROUNDS):
            chosen = self._best(left) if left else {}
            for party in [one for one in left if one.group_id in chosen]:
                column = self.columns[chosen[party.group_id]]
                if self._comes_that_day(party, column):
                    continue  # one of them with others, since this round
                self.rooms[chosen[party.group_id]] -= party.minutes
                self._take(party, dict.fromkeys((one.pk for one in party.bookings), column))
                left.remove(party)
        return left

    def _best(self, parties: list[Party]) -> dict[int, int]:
        """The best assignment over the nearest places, twice as many as there are parties."""
        near = self._near(parties)
        if not near:
            return {}
        costs = np.array([self.costs[party.kind][near] for party in parties])
        for row, party in enumerate(parties):
            taken = {day.toordinal() for one in party.people for day in self.busy[one]}
            if taken:
                costs[row, np.isin(self.days[near], list(taken))] = np.inf
        rooms = [self.rooms[n] for n in near]
        placed = assign(costs, [party.minutes for party in parties], rooms)
        return {
            party.group_id: near[column]
            for party, column in zip(parties, placed, strict=True)
            if column is not None
        }

    def _near(self, parties: list[Party]) -> list[int]:
        kinds = {party.kind for party in parties}
        best = np.min([self.costs[kind] for kind in kinds], axis=0)
        least = min(party.minutes for party in parties)
        near, copies = list[int](), 0
        for column in map(int, np.argsort(best, kind="stable")):
            if not np.isfinite(best[column]) or copies >= 2 * len(parties) + SOME_MORE:
                break
            if self.rooms[column] >= least:
                near.append(column)
                copies += self.rooms[column] // least
        return near

    def place_in_two(self, party: Party) -> None:
        """Those whom no slot holds alone stand in two that follow each other, if any do."""
        if len(party.bookings) < 2:
            return
        costs, after = self.costs[party.kind], self._by_start
        for first in map(int, np.argsort(costs, kind="stable")):
            column = self.columns[first]
            if not np.isfinite(costs[first]):
                return
            place = column.place
            second = after.get((place.session_id, place.ends_at, column.channel))
            if second is None or self._comes_that_day(party, column):
                continue
            split = _split(party, self.rooms[first], self.rooms[second])
            if split is not None and np.isfinite(costs[second]):
                pair = (first, second)
                for n, booking in zip(split, party.bookings, strict=True):
                    self.rooms[pair[n]] -= booking.minutes
                places = zip(party.bookings, split, strict=True)
                self._take(party, {one.pk: self.columns[pair[n]] for one, n in places})
                return

    @cached_property
    def _by_start(self) -> dict[tuple, int]:
        return {
            (one.place.session_id, one.place.starts_at, one.channel): n
            for n, one in enumerate(self.columns)
        }

    def _comes_that_day(self, party: Party, column: Column) -> bool:
        return any(column.place.service_day in self.busy[one] for one in party.people)

    def _take(self, party: Party, places: dict[int, Column]) -> None:
        self.found.update(places)
        for column in places.values():
            for one in party.people:
                self.busy[one].add(column.place.service_day)


def _busy_days(parties: list[Party]) -> dict[bytes, set[date]]:
    """The days on which these people have a visit of another group."""
    counted = Counter(one for party in parties for one in party.people)
    moving = {(one, party.group_id) for party in parties for one in party.people}
    of_people = Booking.objects.filter(id_index__in=list(counted), state__in=Booking.OPEN)
    busy: dict[bytes, set[date]] = defaultdict(set)
    for index, group_id, day in of_people.values_list("id_index", "group_id", "service_day"):
        person = bytes(index)
        if counted[person] > 1 or (person, group_id) not in moving:
            busy[person].add(day)
    return busy


def _split(party: Party, here: int, there: int) -> list[int] | None:
    """0 for those in the first slot, 1 for the rest; None when they do not fit."""
    split = []
    for booking in party.bookings:
        if here >= booking.minutes and 1 not in split:
            here -= booking.minutes
            split.append(0)
        else:
            there -= booking.minutes
            split.append(1)
    return split if there >= 0 and split[0] == 0 else None
