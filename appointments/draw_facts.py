"""What the pages and the API say of a draw. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from appointments import saying
from appointments.draw_words import session_words, until_words
from appointments.models import Draw, DrawEntry
from appointments.registering import wishable
from config.refusals import NotFound
from windows.models import HallSession
from windows.served import served

SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class ShownDraw:
    """A draw in words; `phase` is soon, open, closed, drawn or cancelled."""

    draw: Draw
    phase: str
    session: str
    where: str
    says: str
    registers_from: str
    registers_until: str
    hold_until: str


@dataclass(frozen=True)
class Figures:
    """How many take part, and how many places there are or were won."""

    entries: int
    people: int
    places: int
    won: int
    people_won: int


def find_draw(pk: int) -> Draw:
    """The draw with its session. Raises NotFound."""
    draw = Draw.objects.select_related("session__hall").filter(pk=min(pk, 2**62)).first()
    if draw is None:
        raise NotFound
    return draw


def shown_draws(now: datetime) -> list[ShownDraw]:
    """The draws that can be registered for, then those to come and the recent ones."""
    recent = Draw.objects.filter(session__ends_at__gt=now - SHOWN_FOR).defer("result")
    draws = recent.select_related("session__hall").order_by("registers_until", "pk")
    order = ["open", "soon", "closed", "drawn", "cancelled"]
    return sorted((shown_draw(one, now) for one in draws), key=lambda one: order.index(one.phase))


def is_drawing(now: datetime) -> bool:
    """Whether people can register for a draw."""
    open_now = Draw.objects.filter(registers_from__lte=now, registers_until__gt=now)
    return open_now.filter(session__state=HallSession.State.OPEN, drawn_at=None).exists()


def shown_draw(draw: Draw, now: datetime) -> ShownDraw:
    return ShownDraw(
        draw=draw,
        phase=phase_of(draw, now),
        session=session_words(draw.session),
        where=draw.session.hall.name,
        says=until_words(draw, now),
        registers_from=saying.when(draw.registers_from),
        registers_until=saying.when(draw.registers_until),
        hold_until=saying.when(draw.hold_until),
    )


def phase_of(draw: Draw, now: datetime) -> str:
    if draw.session.state == HallSession.State.CANCELLED:
        return "cancelled"
    if draw.drawn_at is not None:
        return "drawn"
    if now < draw.registers_from:
        return "soon"
    return "open" if now < draw.registers_until else "closed"


def figures_of(draw: Draw) -> Figures:
    """From the published result once it is there, before that from who is registered."""
    if draw.result is None:
        taking_part = draw.entries.filter(state=DrawEntry.State.REGISTERED)
        counts: dict[str, int] = taking_part.aggregate(
            entries=Count("pk", distinct=True), people=Count("people")
        )
        return Figures(**counts, places=_places(draw), won=0, people_won=0)
    people = {one["id"]: one["people"] for one in draw.result["entries"]}
    winners = [one["id"] for one in draw.result["outcome"] if one["outcome"] == "won"]
    return Figures(
        entries=len(people),
        people=sum(people.values()),
        places=0,
        won=len(winners),
        people_won=sum(people[one] for one in winners),
    )


def _places(draw: Draw) -> int:
    """Places if all came for the first of the matters that are done there."""
    matter = next(iter(served(draw.session)), None)
    if matter is None:
        return 0
    return sum(slot.online_quota // matter.minutes for slot in wishable(draw.session))
