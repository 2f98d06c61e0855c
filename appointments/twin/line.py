"""One line, played: who is called when, at which window.

The rule is the product's own (`queues/ranking.py`, `queues/choosing.py`): a window that is
free calls the lowest rank that it can serve, the number of issue decides between equal
ranks, the green channel jumps at most once in three calls. The estimates of a line that
stands already (`queues/foreseeing.py`) take everybody of a slot to come in order of rank,
which no whole day does; so a day is played call by call, on heaps: a person costs a few
microseconds, a hall's day two hundred times about a second.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf

from appointments.twin.day import TwinWindow
from queues.ranking import CALLS_BETWEEN_JUMPS

WAKES, FREES, COMES = 0, 1, 2  # at one instant: windows first, then who comes


@dataclass(frozen=True)
class Comer:
    """Somebody with a number; numbers are given in order of arrival."""

    arrives: float
    rank: float
    matter: int
    minutes: float
    gives_up: float = inf
    green: bool = False


@dataclass
class Course:
    """What became of the people, in their order: called when (infinite: never), until
    when at which window (an index, -1: none)."""

    called: list[float]
    done: list[float]
    window: list[int]
    order: list[int]  # people in the order of their calls


@dataclass
class _Post:
    """A window while the day runs."""

    stretches: list[tuple[float, float]]  # staffed and not in a break
    begins: list[float]
    stays: list[float]  # ends of spans after which it serves who is still there
    kinds: tuple[int, ...]
    slowness: float

    @classmethod
    def of(cls, window: TwinWindow, kinds: Sequence[frozenset[int]], place: int) -> "_Post":
        stretches = working(window)
        return cls(
            stretches,
            [begins for begins, _ in stretches],
            sorted(span.ends for span in window.spans if span.stays),
            tuple(n for n, serve in enumerate(kinds) if place in serve),
            window.slowness,
        )

    def calls_who_came_by(self, at: float) -> float | None:
        """Until when somebody must have come to be called now; None: nobody is called."""
        place = bisect_right(self.begins, at) - 1
        if place >= 0 and at < self.stretches[place][1]:
            return inf
        ended = bisect_right(self.stays, at) - 1
        if ended < 0 or (place >= 0 and self.stays[ended] < self.begins[place]):
            return None
        return self.stays[ended]


def working(window: TwinWindow) -> list[tuple[float, float]]:
    """When the window is staffed and not in a break."""
    found = []
    for span in sorted(window.spans, key=lambda one: one.begins):
        at = span.begins
        for begins, ends in sorted(window.breaks):
            if ends <= at or begins >= span.ends:
                continue
            if begins > at:
                found.append((at, begins))
            at = max(at, ends)
        if at < span.ends:
            found.append((at, span.ends))
    return found


def play_line(people: Sequence[Comer], windows: Sequence[TwinWindow]) -> Course:
    """Everybody who came is served, after the planned end where need be; only who gives up,
    or whose matter no window serves, leaves unserved. People are in order of arrival."""
    return _Line(people, windows).play()


@dataclass
class _Line:
    people: Sequence[Comer]
    windows: Sequence[TwinWindow]
    everybody: bool = False  # the planned day is over: who waits is served by whoever can
    jumps: list[bool] = field(default_factory=list)  # the last calls: was it a jump

    def __post_init__(self) -> None:
        serve: dict[int, frozenset[int]] = {
            matter: frozenset(n for n, one in enumerate(self.windows) if matter in one.matters)
            for matter in {one.matter for one in self.people}
        }
        kinds = sorted({places for places in serve.values() if places}, key=sorted)
        kind_of = {matter: kinds.index(places) for matter, places in serve.items() if places}
        self.kind_of = kind_of
        self.posts = [_Post.of(one, kinds, n) for n, one in enumerate(self.windows)]
        self.waiting: list[list[tuple[float, int]]] = [[] for _ in kinds]
        self.green: list[list[tuple[float, int]]] = [[] for _ in kinds]
        self.may_serve = kinds
        self.idle: dict[int, None] = dict.fromkeys(range(len(self.posts)))
        count = len(self.people)
        self.course = Course([inf] * count, [inf] * count, [-1] * count, [])

    def play(self) -> Course:
        events = [(one.arrives, COMES, n) for n, one in enumerate(self.people)]
        for place, post in enumerate(self.posts):
            events += [(begins, WAKES, place) for begins in post.begins]
            events += [(ends, WAKES, place) for ends in post.stays]
        heapify(events)
        at = self._run(events, -inf)
        self.everybody = True
        while any(self.waiting) or any(self.green):
            heapify(again := [(at, WAKES, place) for place in range(len(self.posts))])
            at = self._run(again, at)
        return self.course

    def _run(self, events: list[tuple[float, int, int]], at: float) -> float:
        people = self.people
        while events:
            at, what, which = heappop(events)
            if what == COMES:
                kind = self.kind_of.get(people[which].matter)
                if kind is None:
                    continue
                line = self.green if people[which].green else self.waiting
                heappush(line[kind], (people[which].rank, which))
                serve = self.may_serve[kind]
                for place in self.idle:  # who has been free for longest comes first
                    if place in serve and self._call(place, at, events):
                        break
                continue
            if what == FREES:
                self.idle[which] = None
            if which in self.idle:
                self._call(which, at, events)
        return at

    def _call(self, place: int, at: float, events: list[tuple[float, int, int]]) -> bool:
        post = self.posts[place]
        if not any(self.waiting[kind] or self.green[kind] for kind in post.kinds):
            return False
        by = inf if self.everybody else post.calls_who_came_by(at)
        if by is None:
            return False
        chosen = self._choose(post.kinds, at, by)
        if chosen is None:
            return False
        person, course = self.people[chosen], self.course
        done = at + person.minutes * post.slowness
        course.called[chosen], course.done[chosen], course.window[chosen] = at, done, place
        course.order.append(chosen)
        del self.idle[place]
        heappush(events, (done, FREES, place))
        return True

    def _choose(self, kinds: tuple[int, ...], at: float, by: float) -> int | None:
        """The lowest rank, or who goes first by the green channel; out of the line."""
        ordinary = self._head(self.waiting, kinds, at, by)
        urgent = self._head(self.green, kinds, at, by)
        may_jump = urgent and not any(self.jumps[-CALLS_BETWEEN_JUMPS:])
        jumps = bool(may_jump and ordinary and ordinary[0] < urgent[0])  # type: ignore[index]
        found = urgent if jumps else min(filter(None, (ordinary, urgent)), default=None)
        if found is None:
            return None
        self.jumps.append(jumps)
        (_, chosen), kind = found
        line = self.green[kind] if found is urgent else self.waiting[kind]
        if line[0][1] == chosen:
            heappop(line)
        else:
            line.remove(found[0])
            heapify(line)
        return chosen

    def _head(
        self, lines: list[list[tuple[float, int]]], kinds: tuple[int, ...], at: float, by: float
    ) -> tuple[tuple[float, int], int] | None:
        best: tuple[tuple[float, int], int] | None = None
        for kind in kinds:
            line = lines[kind]
            while line and self.people[line[0][1]].gives_up <= at:
                heappop(line)
            if not line:
                continue
            head = line[0]
            if self.people[head[1]].arrives > by:
                in_time = [one for one in line if self._is_there(one[1], at, by)]
                if not in_time:
                    continue
                head = min(in_time)
            if best is None or head < best[0]:
                best = head, kind
        return best

    def _is_there(self, n: int, at: float, by: float) -> bool:
        return self.people[n].arrives <= by and self.people[n].gives_up > at
