"""Who comes on a day: one draw of it.

Everybody's own luck is drawn before the day's slots and windows are looked at, so that the
same seed gives the same people to another plan for the day, and the difference between two
plans is theirs alone (common random numbers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

import numpy as np

from appointments.twin.day import Floats, HourDemand, Ints, TwinDay
from appointments.twin.line import Comer
from queues.ranking import booked_rank, walk_in_rank

WALK_IN, BOOKING = 0, 1
ONLINE, ASSISTED, UNBOOKED = 0, 1, 2
# What chance decides for a person, a column each.
MINUTE, LEAD, IN_LEAD, FLEXIBLE, WALKS_IN, COMES, PUNCTUAL, SERVICE, GREEN, PATIENT, FOLLOWS = (
    range(11)
)


@dataclass(frozen=True)
class Drawn:
    """The people of one draw, in order of arrival, and those who did not come."""

    comers: list[Comer]
    source: Ints
    hour: Ints  # that they wanted
    starts: Floats  # of the slot; nan without one
    wanted: int
    no_shows: int
    unmet: Mapping[tuple[int, int], int]  # (hour, matter) -> turned to another day
    walked_after: int  # found no place and came without one


@dataclass(frozen=True)
class Asks:
    """People of one draw, a row each."""

    hour: Ints
    matter: Ints
    channel: Ints
    luck: Floats
    starts: Floats  # of a place that they hold already
    lead: Floats  # days; of those who hold one

    def where(self, mask: np.ndarray) -> "Asks":
        return Asks(*(column[mask] for column in vars(self).values()))


def draw(day: TwinDay, *, seed: int, run: int) -> Drawn:
    """The people of one run; the same for the same seed and run."""
    asks = people(day, seed, run)
    leads = lead_days(day, asks)
    starts, turned = book(day, asks, leads)
    return come(day, asks, leads, starts, turned)


def come(day: TwinDay, asks: Asks, leads: Floats, starts: Floats, turned: np.ndarray) -> Drawn:
    """Who comes, and when, once everybody has asked for a place."""
    booked = ~np.isnan(starts)
    comes = asks.luck[:, COMES] >= np.where(booked, day.habits.no_show(leads), 0.0)
    arrives = _arrivals(day, asks, starts)
    here = comes & ~turned & np.isfinite(arrives)
    lost = turned | comes & ~booked & ~np.isfinite(arrives)
    order = np.argsort(np.where(here, arrives, inf), kind="stable")[: here.sum()]
    comers = _comers(day, asks, starts, arrives, order)
    return Drawn(
        comers=comers,
        source=booked[order].astype(np.int64),
        hour=asks.hour[order],
        starts=starts[order],
        wanted=len(asks.hour),
        no_shows=int((booked & ~comes).sum()),
        unmet=_counted(asks, lost),
        walked_after=int((here & ~booked & (asks.channel != UNBOOKED)).sum()),
    )


def _counted(asks: Asks, mask: np.ndarray) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for key in zip(asks.hour[mask].tolist(), asks.matter[mask].tolist(), strict=True):
        found[key] = found.get(key, 0) + 1
    return found


def people(day: TwinDay, seed: int, run: int) -> Asks:
    """How many want to come, and each one's luck. Those who hold a place already are part of
    what is wanted, and there however little that is."""
    chance = np.random.default_rng([seed, run])
    spread = max(day.spread, 1e-6)
    factor = chance.gamma(1 / spread**2, spread**2)
    mean = np.array([(d.online, d.assisted, d.walk_in) for d in day.demand]).reshape(-1, 3)
    counts = chance.poisson(np.maximum(mean * factor, 0.0))
    has = {(b.starts // 60, b.matter): 0 for b in day.booked}
    for one in day.booked:
        has[one.starts // 60, one.matter] += one.people
    for row, demand in enumerate(day.demand):
        for channel in (ONLINE, ASSISTED):
            held = has.get((demand.hour, demand.matter), 0)
            fewer = min(held, int(counts[row, channel]))
            counts[row, channel] -= fewer
            if held:
                has[demand.hour, demand.matter] = held - fewer
    return _rows(day, counts, seed, run)


def _rows(day: TwinDay, counts: Ints, seed: int, run: int) -> Asks:
    """A person each; the luck of those who hold a place does not depend on the others."""
    hours = np.array([d.hour for d in day.demand], dtype=np.int64)
    matters = np.array([d.matter for d in day.demand], dtype=np.int64)
    each = counts.ravel()
    luck = np.random.default_rng([seed, run, 1]).random((int(each.sum()), FOLLOWS + 1))
    held = [(b.starts, b.matter, b.lead_days) for b in day.booked for _ in range(b.people)]
    known = np.array(held, dtype=float).reshape(-1, 3)
    own = np.random.default_rng([seed, run, 2]).random((len(held), FOLLOWS + 1))
    drawn = int(each.sum())
    return Asks(
        hour=np.concatenate([np.repeat(np.repeat(hours, 3), each), known[:, 0].astype(int) // 60]),
        matter=np.concatenate([np.repeat(np.repeat(matters, 3), each), known[:, 1].astype(int)]),
        channel=np.concatenate(
            [
                np.repeat(np.tile([ONLINE, ASSISTED, UNBOOKED], len(hours)), each),
                np.full(len(held), ONLINE),
            ]
        ).astype(np.int64),
        luck=np.concatenate([luck, own]),
        starts=np.concatenate([np.full(drawn, np.nan), known[:, 0]]),
        lead=np.concatenate([np.full(drawn, np.nan), known[:, 2]]),
    )


def lead_days(day: TwinDay, asks: Asks) -> Floats:
    """How many days before each one asks: somewhere between two of the known steps."""
    days, shares = (np.array(column, dtype=float) for column in zip(*day.habits.leads, strict=True))
    reach = np.append(days[1:], days[-1] + 1)
    step = np.searchsorted(np.cumsum(shares / shares.sum()), asks.luck[:, LEAD])
    step = np.minimum(step, len(days) - 1)
    drawn = np.floor(days[step] + asks.luck[:, IN_LEAD] * (reach - days)[step])
    return np.where(np.isnan(asks.lead), drawn, asks.lead)


def book(day: TwinDay, asks: Asks, leads: Floats) -> tuple[Floats, np.ndarray]:
    """Which slot each one has (its start, nan for none), and who is turned to another day.

    Who asks more days before asks first. A full hour sends some to another hour of the day;
    of those who find none, some come without a place, the others do not come that day.
    """
    starts = asks.starts.copy()
    turned = np.zeros(len(starts), dtype=bool)
    asking = np.flatnonzero(np.isnan(starts) & (asks.channel != UNBOOKED))
    asking = asking[np.lexsort((asks.luck[asking, IN_LEAD], -leads[asking]))]
    left = [[slot.online for slot in day.slots], [slot.assisted for slot in day.slots]]
    matters = [slot.matters for slot in day.slots]
    begins = tuple(slot.starts for slot in day.slots)
    habits = day.habits
    columns = zip(
        asking.tolist(),
        asks.hour[asking].tolist(),
        asks.matter[asking].tolist(),
        asks.channel[asking].tolist(),
        asks.luck[asking, MINUTE].tolist(),
        (asks.luck[asking, FLEXIBLE] < habits.flexible).tolist(),
        strict=True,
    )
    for n, hour, matter, channel, minute, flexible in columns:
        free, need = left[channel], day.needs.get(matter, 5.0)
        in_hour, others = _nearest(begins, hour, minute < 0.5)
        for slot in in_hour + others if flexible else in_hour:
            if free[slot] >= need and (matters[slot] is None or matter in matters[slot]):  # type: ignore[operator]
                free[slot] -= need
                starts[n] = begins[slot]
                break
        else:
            turned[n] = True
    walks_in = asks.luck[:, WALKS_IN] < habits.walks_in
    return starts, turned & ~walks_in


@lru_cache(maxsize=4096)
def _nearest(
    begins: tuple[float, ...], hour: int, early: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The slots of the hour, and all others, the nearest first."""
    wished = hour * 60 + (0 if early else 30)
    order = sorted(range(len(begins)), key=lambda n: (abs(begins[n] - wished), begins[n]))
    inside = tuple(n for n in order if hour * 60 <= begins[n] < hour * 60 + 60)
    return inside, tuple(n for n in order if n not in inside)


def _arrivals(day: TwinDay, asks: Asks, starts: Floats) -> Floats:
    """When each takes a number; infinite when no window opens any more that day."""
    offsets = np.asarray(day.habits.offsets, dtype=float)
    chances = (np.arange(len(offsets)) + 0.5) / len(offsets)
    shift = np.interp(asks.luck[:, PUNCTUAL], chances, offsets)
    booked = ~np.isnan(starts)
    with_place = np.maximum(starts + shift, starts - day.early)
    at = np.where(booked, with_place, _inside(day, asks))
    for begins, ends in reversed(day.openings()):
        at = np.where(booked & (at >= ends) & (starts < ends), np.nextafter(ends, 0), at)
        at = np.where(booked & (at < begins) & (starts >= begins), begins, at)
    return at


def _inside(day: TwinDay, asks: Asks) -> Floats:
    """Who has no place comes in the wished hour, while numbers are given in it; when none
    are, in another hour of the day or not at all. Some follow the hours that were added."""
    openings, luck = day.openings(), asks.luck
    at = np.full(len(asks.hour), inf)
    for hour in np.unique(asks.hour):
        spans = [(max(begins, hour * 60), min(ends, hour * 60 + 60)) for begins, ends in openings]
        spans = [(begins, ends) for begins, ends in spans if begins < ends]
        rows = asks.hour == hour
        if not spans:
            rows, spans = rows & (luck[:, FLEXIBLE] < day.habits.flexible), list(openings)
        at[rows] = _spread(spans, luck[rows, MINUTE])
    if day.added:
        follows = luck[:, FOLLOWS] < day.habits.follows
        at[follows] = _spread(day.added, luck[follows, MINUTE])
    return at


def _spread(spans: Sequence[tuple[float, float]], luck: Floats) -> Floats:
    """Instants in the spans, as likely in each minute; infinite without any."""
    if not spans:
        return np.full(len(luck), inf)
    lengths = np.array([ends - begins for begins, ends in spans])
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    minutes = luck * reached[-1]
    place = np.minimum(np.searchsorted(reached, minutes, side="right") - 1, len(spans) - 1)
    begins = np.array([begins for begins, _ in spans])
    return np.asarray(begins[place] + minutes - reached[place], dtype=float)


def _comers(day: TwinDay, asks: Asks, starts: Floats, arrives: Floats, order: Ints) -> list[Comer]:
    services = _services(day, asks.matter[order], asks.luck[order, SERVICE], arrives[order])
    limit = day.habits.leaves_after
    green = asks.luck[order, GREEN] < day.habits.green
    walk_in = np.isnan(starts[order])
    columns = zip(
        arrives[order].tolist(), starts[order].tolist(), asks.matter[order].tolist(),
        services.tolist(), (green & walk_in).tolist(), walk_in.tolist(),
        (-np.log1p(-asks.luck[order, PATIENT])).tolist(), strict=True,
    )  # fmt: skip
    return [
        Comer(
            at,
            walk_in_rank(at, day.patience) if alone else booked_rank(slot, at, slot + day.late),
            matter,
            minutes,
            inf if limit == inf else at + limit * patient,
            first,
        )
        for at, slot, matter, minutes, first, alone, patient in columns
    ]


def _services(day: TwinDay, matters: Ints, luck: Floats, arrives: Floats) -> Floats:
    """How long each one takes at a window."""
    minutes = np.full(len(matters), 5.0)
    for matter in np.unique(matters):
        quantiles = np.asarray(day.services.get(int(matter), [5.0]), dtype=float)
        rows = matters == matter
        minutes[rows] = quantiles[(luck[rows] * len(quantiles)).astype(int)]
    if day.hours:
        factors = [day.hours.get(int(at // 60) % 24, 1.0) for at in arrives]
        minutes = minutes * np.array(factors)
    return minutes


def demand_of(rows: Mapping[tuple[int, int], tuple[float, float]]) -> tuple[HourDemand, ...]:
    """Demand from (hour, matter) -> (asks for a place, comes without)."""
    return tuple(
        HourDemand(hour, matter, online, walk_in)
        for (hour, matter), (online, walk_in) in sorted(rows.items())
    )
