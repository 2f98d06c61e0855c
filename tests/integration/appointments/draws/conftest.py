"""A night session that is given by draw."""

from datetime import time, timedelta

import pytest

from appointments.drawing import (
    announce,
    draw_due,
)
from appointments.models import Draw, DrawEntry, Message
from appointments.registering import (
    Registration,
    register,
)
from appointments.sealing import unseal
from tests.conftest import DAY, NOON, a_person, make_session
from windows.models import HallSession

EVENING = DAY + timedelta(days=3)
ENDS = NOON + timedelta(hours=8)
DRAWN = ENDS + timedelta(seconds=5)
OTHER_PHONE = "+8613900139000"


@pytest.fixture
def night(hall, windows) -> HallSession:
    """18:30 to 20:30 with 12 online minutes in each half hour: eight places."""
    return make_session(
        hall, windows, day=EVENING, opens=time(18, 30), closes=time(20, 30), online=12, kind="night"
    )


@pytest.fixture
def draw(night) -> Draw:
    return announce(session=night, registers_from=NOON, registers_until=ENDS, now=NOON)


def phone_of(n: int) -> str:
    return f"+86138{n:08d}"


@pytest.fixture
def enter(draw, renewal):
    """Registers so many people from a phone of their own."""

    def entered(first: int, people: int = 1, phone: str | None = None, **more) -> DrawEntry:
        asked = Registration(
            matter=more.pop("matter", renewal),
            people=[a_person(first + n) for n in range(people)],
            wishes=more.pop("wishes", ()),
            any_other=more.pop("any_other", False),
        )
        now = more.pop("now", NOON)
        return register(draw=draw, asked=asked, phone=phone or phone_of(first), now=now, **more)

    return entered


def messages_of(entry: DrawEntry, kind: str) -> list[str]:
    owed = Message.objects.filter(subject=f"draw:{entry.pk}", kind=kind)
    return [unseal(one.text_sealed, purpose="message") for one in owed]


def drawn(draw: Draw, now=DRAWN) -> Draw:
    assert draw_due(now=now) == 1
    draw.refresh_from_db()
    return draw
