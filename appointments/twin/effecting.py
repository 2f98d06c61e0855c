"""What a session more, or another one, would do to waits and to people turned away.

The day is played as it stands and as it would be, with the same people; both answers and
their difference come with the range that eight of ten runs keep within.
"""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from appointments.changes.picturing import ChangePreview, SlotChange
from appointments.twin.day import Booked, Span, TwinDay, TwinSlot, TwinWindow
from appointments.twin.outcome import TwinEffect, always, outcome_of
from appointments.twin.playing import Played, play
from appointments.twin.reading import (
    NothingKnown,
    ReadDay,
    minutes_of,
    read_day,
    slots_of,
    staffed_in,
    windows_from,
)
from config import civil
from windows.models import SessionChange, Window
from windows.planning import SessionPreview

SEED = 20270304
RUNS, FEWEST_RUNS, PEOPLE = 60, 20, 16_000  # fewer runs of a great day: seconds, not minutes
KEPT = 64
Kind = SessionChange.Kind


def effect_of_opening(
    plan: SessionPreview, *, now: datetime, runs: int | None = None
) -> TwinEffect:
    """What opening the session would do to its day; in as many runs as a page can wait for,
    unless it is said in how many."""
    try:
        base = read_day(hall=plan.hall, day=plan.service_day, now=now)
    except NothingKnown:
        return TwinEffect(why="nothing_known")
    matters = frozenset(plan.matter_ids) or None
    slots = [
        TwinSlot(at(base, one.starts_at), at(base, one.ends_at), one.online, one.assisted, matters)
        for one in plan.slots
    ]
    span = Span(at(base, plan.starts_at), at(base, plan.ends_at))
    after = replace(
        base.twin.with_slots([*base.twin.slots, *slots]),
        windows=with_spans(base.twin.windows, {one.pk: span for one in plan.windows}, base),
        added=_added(base.twin, [(span.begins, span.ends)]),
    )
    return _compared(base, after, runs=runs)


def effect_of_change(seen: ChangePreview, *, now: datetime, runs: int | None = None) -> TwinEffect:
    """What the change would do to the session's day; `runs` as for an opening."""
    session = seen.ask.session
    if session is None or seen.ask.kind == Kind.CLOSE or _leads_elsewhere(seen):
        return TwinEffect(why="elsewhere")
    try:
        base = read_day(hall=session.hall, day=session.service_day, now=now)
    except NothingKnown:
        return TwinEffect(why="nothing_known")
    day = base.day
    others = tuple(one for one in base.sessions if one.pk != session.pk)
    staffed = staffed_in(others)
    ends = seen.ends_at or (now if session.starts_at < now else None)
    begins = seen.starts_at or session.starts_at
    spans: dict[int, Span] = {}
    if ends is not None:
        numbers = seen.windows_after or seen.windows_before
        rows = Window.objects.filter(hall=session.hall, number__in=numbers)
        spans = {pk: Span(minutes_of(day, begins), minutes_of(day, ends)) for pk in
                 rows.values_list("pk", flat=True)}  # fmt: skip
    windows = windows_from(base.hall, staffed, day, base.pacing)
    booked, turned = _booked_after(base.twin.booked, seen, day)
    after = replace(
        base.twin,
        slots=(*slots_of(others, day, now), *_slots_after(seen.slots, day, now)),
        windows=with_spans(windows, spans, base),
        booked=booked,
    )
    had = base.twin.openings()
    more = [(b, e) for span in spans.values() for b, e in [(span.begins, span.ends)]]
    added = _beyond(had, more)
    return _compared(base, replace(after, added=added), turned, runs)


def _leads_elsewhere(seen: ChangePreview) -> bool:
    session, ask = seen.ask.its_session, seen.ask
    if ask.kind != Kind.MOVE or seen.starts_at is None:
        return False
    day = civil.city_date(session.starts_at)
    other_hall = ask.hall is not None and ask.hall != session.hall
    return other_hall or civil.city_date(seen.starts_at) != day


def _slots_after(slots: Iterable[SlotChange], day: date, now: datetime) -> list[TwinSlot]:
    """The places that could still be booked then."""
    return [
        TwinSlot(
            minutes_of(day, one.starts_at),
            minutes_of(day, one.ends_at),
            max(one.after.online - one.taken_after, 0),
            one.after.assisted,
        )
        for one in slots
        if one.after is not None and one.starts_at > now
    ]


def _booked_after(
    booked: tuple[Booked, ...], seen: ChangePreview, day: date
) -> tuple[tuple[Booked, ...], int]:
    """Who keeps or gets a place that day, and how many do not."""
    left: dict[tuple[float, int], int] = {}
    new: list[Booked] = []
    turned = 0
    for one in seen.losing:
        key = minutes_of(day, one.booking.starts_at), one.booking.matter_id
        left[key] = left.get(key, 0) + 1
        lead = max((day - civil.city_date(one.booking.made_at)).days, 0)
        if one.proposal is not None and one.same_hall and one.same_day:
            new.append(Booked(minutes_of(day, one.proposal.starts_at), key[1], lead))
        else:
            turned += 1
    kept = []
    for held in booked:
        goes = min(left.get((held.starts, held.matter), 0), held.people)
        if goes:
            left[held.starts, held.matter] -= goes
        if held.people > goes:
            kept.append(replace(held, people=held.people - goes))
    return (*kept, *new), turned


def at(base: ReadDay, instant: datetime) -> float:
    return minutes_of(base.day, instant)


def with_spans(
    windows: Iterable[TwinWindow], spans: Mapping[int, Span], base: ReadDay
) -> tuple[TwinWindow, ...]:
    """The windows, and those that are staffed in a span more."""
    rows = Window.objects.filter(pk__in=spans).prefetch_related("matters")
    had = {one.number: one for one in windows}
    for row in rows:
        more = spans[row.pk]
        known = had.get(row.number)
        if known is None:
            matters = frozenset(one.pk for one in row.matters.all())
            slowness = base.pacing.slowness.get(row.pk, 1.0)
            had[row.number] = TwinWindow(row.number, matters, (more,), (), slowness)
        else:
            both = tuple(sorted((*known.spans, more), key=lambda span: span.begins))
            had[row.number] = replace(known, spans=both)
    return tuple(had[number] for number in sorted(had))


def _added(before: TwinDay, hours: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    return _beyond(before.openings(), hours)


def _beyond(
    had: Iterable[tuple[float, float]], hours: Iterable[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    """The parts of these hours in which no number was given before."""
    found = sorted(set(hours))
    for begins, ends in had:
        cut: list[tuple[float, float]] = []
        for first, last in found:
            if last <= begins or first >= ends:
                cut.append((first, last))
                continue
            if first < begins:
                cut.append((first, begins))
            if last > ends:
                cut.append((ends, last))
        found = cut
    return tuple(sorted(set(found)))


def _compared(
    base: ReadDay, changed: TwinDay, turned: int = 0, runs: int | None = None
) -> TwinEffect:
    if runs is None:
        runs = runs_for(base.twin)
        before, after = kept(base.twin, runs), kept(changed, runs)
    else:
        before, after = play(base.twin, runs, SEED), play(changed, runs, SEED)
    return TwinEffect(
        before=outcome_of(before),
        after=outcome_of(after, turned),
        fewer=always(before.unmet - after.unmet - turned),
        source=base.wanted.source,
        days=base.wanted.days,
        runs=runs,
    )


def runs_for(day: TwinDay) -> int:
    """As many runs as a page can wait for."""
    people = sum(one.online + one.assisted + one.walk_in for one in day.demand)
    return int(min(RUNS, max(FEWEST_RUNS, PEOPLE / max(people, 1))))


_played: "OrderedDict[bytes, Played]" = OrderedDict()


def kept(day: TwinDay, runs: int) -> Played:
    """The day played; the same day is not played again in this process."""
    key = hashlib.sha256(pickle.dumps((day, runs))).digest()
    known = _played.get(key)
    if known is None:
        known = _played[key] = play(day, runs, SEED)
        while len(_played) > KEPT:
            _played.popitem(last=False)
    return known
