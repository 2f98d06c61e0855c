"""Who comes to the hall on that day, when, and what for: invented, and the same each time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from appointments.booking import hold
from appointments.confirming import confirm, find
from config import civil
from config.refusals import Refusal
from tests.conftest import a_person, make_matter, make_session, make_staff
from windows.models import Hall, HallSession, Matter, Slot, Staff, Window

DAY = date(2027, 3, 4)
OPENS, CLOSES = time(9), time(17)
WINDOWS, BOOKED, WALK_INS = 12, 320, 400
DAY_BEFORE = timedelta(days=1)
STAYS_AWAY = 0.06
# Minutes of service by matter: usual and spread; the walk-ins' share of each.
MATTERS = {"RENEW": (6, "A", 0.55), "PICKUP": (3, "K", 0.2), "LOST": (8, "B", 0.25)}
RUSH = [9, 9, 9, 10, 10, 10, 11, 12, 13, 14, 14, 15, 15, 16]  # hours in which walk-ins come


@dataclass(frozen=True)
class Visitor:
    """Somebody who comes: with the reference of a booking, or for a matter."""

    comes_at: datetime
    matter: str = ""
    reference: str = ""


@dataclass
class Scene:
    """The hall, its people, and those who will come."""

    hall: Hall
    session: HallSession
    posts: list[tuple[Window, Staff]]
    supervisor: Staff
    coming: list[Visitor] = field(default_factory=list)

    @property
    def opens_at(self) -> datetime:
        return self.session.starts_at

    @property
    def closes_at(self) -> datetime:
        return self.session.ends_at


def prepare(hall: Hall, *, booked: int = BOOKED, walk_ins: int = WALK_INS) -> Scene:
    """The hall with twelve staffed windows, its bookings made the day before."""
    matters = [make_matter(code, prefix, usual) for code, (usual, prefix, _) in MATTERS.items()]
    posts = [_post(hall, matters, n) for n in range(1, WINDOWS + 1)]
    session = make_session(
        hall, [window for window, _clerk in posts], day=DAY, opens=OPENS, closes=CLOSES, online=180
    )
    scene = Scene(hall, session, posts, make_staff("supervisor", hall, "supervisor"))
    luck = Random("the hall's day")
    scene.coming = sorted(
        [*_booked(session, matters, booked, luck), *_unbooked(walk_ins, luck)],
        key=lambda one: one.comes_at,
    )
    return scene


def _post(hall: Hall, matters: list[Matter], number: int) -> tuple[Window, Staff]:
    """Every third window serves pickups only beside renewals; the first is accessible."""
    window = Window.objects.create(hall=hall, number=number, is_accessible=number == 1)
    window.matters.set(matters if number % 3 else [m for m in matters if m.code != "LOST"])
    return window, make_staff(f"clerk-{number}", hall, "clerk")


def _booked(
    session: HallSession, matters: list[Matter], count: int, luck: Random
) -> Iterator[Visitor]:
    slots = list(Slot.objects.filter(session=session).order_by("starts_at"))
    now = session.starts_at - DAY_BEFORE
    made = 0
    while made < count:
        slot, matter = slots[made % len(slots)], luck.choice(matters)
        made += 1
        try:
            held = hold(
                slot_id=slot.pk, matter=matter, people=[a_person(1000 + made)],
                phone=f"+86138{made:08d}", now=now,
            )  # fmt: skip
        except Refusal:
            continue
        one = held.bookings[0]
        booking = find(one.reference, one.secret)
        confirm(booking=booking, now=now)
        if luck.random() >= STAYS_AWAY:
            early = timedelta(minutes=luck.triangular(-25, 20, -8))
            yield Visitor(slot.starts_at + early, reference=one.reference)


def _unbooked(count: int, luck: Random) -> Iterator[Visitor]:
    codes = list(MATTERS)
    shares = [share for _usual, _prefix, share in MATTERS.values()]
    for _ in range(count):
        hour = luck.choice(RUSH)
        at = civil.city_instant(DAY, time(hour)) + timedelta(minutes=luck.uniform(0, 55))
        yield Visitor(at, matter=luck.choices(codes, shares)[0])


def minutes_of(matter: str, luck: Random) -> float:
    """How long one service takes: log-normal around the matter's usual minutes."""
    usual = MATTERS[matter][0]
    return min(30.0, usual * luck.lognormvariate(-0.06, 0.35))
