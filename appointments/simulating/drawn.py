"""Draws of the simulated city: one that people register for, one that has been drawn."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from appointments.drawing import draw_now
from appointments.models import Draw, Message
from appointments.registering import Registration, register, wishable
from appointments.releasing import Release, open_released, preview_release
from appointments.simulating import people
from config import civil
from config.refusals import Refusal
from windows.models import Hall, HallSession, Matter

HOURS = {"opens": time(18, 30), "closes": time(20, 30)}
OPEN_IN, DRAWN_IN = "H02", "H05"
PARTIES = [1, 1, 1, 2, 2, 3]
REGISTERED, DRAWN = 60, 40  # parties


def lay_draws(halls: list[Hall], now: datetime) -> None:
    """A night session in a few days goes by draw and has registrations; another was drawn
    last evening. Again while one is open: nothing."""
    if Draw.objects.filter(registers_until__gt=now, session__is_simulated=True).exists():
        return
    by_code, today = {hall.code: hall for hall in halls}, civil.city_date(now)
    if OPEN_IN in by_code:
        ends = civil.city_instant(today + timedelta(days=1), time(20))
        _draw(by_code[OPEN_IN], today + timedelta(days=4), ends, parties=REGISTERED, now=now)
    if DRAWN_IN in by_code:
        ends = civil.city_instant(today - timedelta(days=1), time(20))
        draw = _draw(by_code[DRAWN_IN], today + timedelta(days=2), ends, parties=DRAWN, now=now)
        if draw:
            draw_now(draw_id=draw.pk, now=ends)
            _silence(draw)


def _draw(hall: Hall, day: date, ends: datetime, *, parties: int, now: datetime) -> Draw | None:
    """The announced draw with its registrations; None when no window is free."""
    begins = min(ends, now) - timedelta(days=1)
    luck = Random(f"draw {hall.code} {day}")
    asked: dict[str, Any] = {"hall": hall, "kind": HallSession.Kind.NIGHT, "day": day, **HOURS}
    release = Release(HallSession.Release.DRAW, registers_until=ends)
    plan = preview_release(release=release, now=begins, **asked)
    if not plan.free:
        return None
    session = open_released(
        release=release, by=None, now=begins, simulated=True, windows=plan.free[-1:], **asked
    )
    draw = Draw.objects.get(session=session)
    for _ in range(parties):
        at = begins + (min(ends, now) - begins) * luck.random()
        _register(draw, at, luck)
    _silence(draw)
    return draw


def _register(draw: Draw, at: datetime, luck: Random) -> None:
    matter = Matter.objects.get(code=luck.choice(["RENEW", "RENEW", "LOST"]))
    party = [
        people.person(luck, matter.code, civil.city_date(at)).attendee
        for _ in range(luck.choice(PARTIES))
    ]
    times = [slot.pk for slot in wishable(draw.session)]
    wishes = tuple(luck.sample(times, luck.choice([0, 1, 2])))
    asked = Registration(matter, party, wishes, any_other=luck.random() < 0.5)
    try:
        with transaction.atomic():
            register(draw=draw, asked=asked, phone=people.phone(luck), now=at, simulated=True)
    except Refusal:
        return  # one of them has a booking that day: so it goes


def _silence(draw: Draw) -> None:
    """Invented people need no news; the inbox is for visitors."""
    subjects = [f"draw:{pk}" for pk in draw.entries.values_list("pk", flat=True)]
    Message.objects.filter(subject__in=subjects).update(state=Message.State.VOID)
