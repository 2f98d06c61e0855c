"""Proposing new places: what is nearest to what somebody had.

A party goes where all its matters are served and, with a wheelchair, where a window can be
reached, never on a day on which one of them has another visit. What a place costs is
weighed in `weighing_places`.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np

from appointments.attending import needs_of
from appointments.changes.candidates import Column
from appointments.changes.displacing import Lost
from appointments.changes.matching import Costs, assign
from appointments.changes.weighing_places import Ground, Kind, is_evening
from appointments.models import Booking

MOST_ROUNDS = 6


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
    rooms = {n: column.room for n, column in enumerate(columns)}
    busy = _busy_days(parties)
    kinds = list(dict.fromkeys(party.kind for party in parties))
    if not (parties and columns):
        return {}
    ground = Ground(columns)
    costs = np.array([ground.costs(kind) for kind in kinds])
    open_ones, found = list(parties), dict[int, Column]()
    for _round in range(MOST_ROUNDS):
        chosen = _round_of(open_ones, kinds, costs, columns, rooms, busy) if open_ones else {}
        for party in [one for one in open_ones if one.group_id in chosen]:
            column = columns[chosen[party.group_id]]
            if any(column.place.service_day in busy[one] for one in party.people):
                continue  # one of them comes that day with others, since this round
            rooms[chosen[party.group_id]] -= party.minutes
            _take(party, dict.fromkeys((one.pk for one in party.bookings), column), found, busy)
            open_ones.remove(party)
    for party in open_ones:
        two = _in_two(party, columns, rooms, costs[kinds.index(party.kind)], busy)
        _take(party, two, found, busy)
    return found


def _take(
    party: Party,
    places: dict[int, Column],
    found: dict[int, Column],
    busy: dict[bytes, set[date]],
) -> None:
    found.update(places)
    for column in places.values():
        for one in party.people:
            busy[one].add(column.place.service_day)


def _round_of(
    parties: list[Party],
    kinds: list[Kind],
    costs: Costs,
    columns: list[Column],
    rooms: dict[int, int],
    busy: dict[bytes, set[date]],
) -> dict[int, int]:
    """The best assignment over the nearest places, twice as many as there are parties."""
    here = [kinds.index(party.kind) for party in parties]
    best = costs[sorted(set(here))].min(axis=0)
    least = min(party.minutes for party in parties)
    near, copies = list[int](), 0
    for column in np.argsort(best, kind="stable"):
        if not np.isfinite(best[column]) or copies >= 2 * len(parties) + 50:
            break
        if rooms[int(column)] >= least:
            near.append(int(column))
            copies += rooms[int(column)] // least
    if not near:
        return {}
    mine = costs[here][:, near]
    days = np.array([columns[n].place.service_day.toordinal() for n in near])
    for row, party in enumerate(parties):
        taken = {day.toordinal() for one in party.people for day in busy[one]}
        if taken:
            mine[row, np.isin(days, list(taken))] = np.inf
    placed = assign(mine, [party.minutes for party in parties], [rooms[n] for n in near])
    return {
        party.group_id: near[column]
        for party, column in zip(parties, placed, strict=True)
        if column is not None
    }


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


def _in_two(
    party: Party,
    columns: list[Column],
    rooms: dict[int, int],
    costs: np.ndarray,
    busy: dict[bytes, set[date]],
) -> dict[int, Column]:
    """Those whom no slot holds alone stand in two that follow each other."""
    if len(party.bookings) < 2:
        return {}
    after = {
        (column.place.session_id, column.place.starts_at, column.channel): n
        for n, column in enumerate(columns)
    }
    for first in np.argsort(costs, kind="stable"):
        column = columns[int(first)]
        if not np.isfinite(costs[first]):
            return {}
        if any(column.place.service_day in busy[one] for one in party.people):
            continue
        second = after.get((column.place.session_id, column.place.ends_at, column.channel))
        if second is None or not np.isfinite(costs[second]):
            continue
        split = _split(party, rooms[int(first)], rooms[second])
        if split is not None:
            for n, booking in zip(split, party.bookings, strict=True):
                rooms[(int(first), second)[n]] -= booking.minutes
            return {
                booking.pk: columns[(int(first), second)[n]]
                for n, booking in zip(split, party.bookings, strict=True)
            }
    return {}


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
