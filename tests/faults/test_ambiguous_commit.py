"""The connection is cut around COMMIT: nobody was told, and the key finds out. # C7

A proxy between web and PostgreSQL cuts before the COMMIT arrives (nothing happened), after
it was answered (it happened), or at once (one of the two).
"""

import pytest

from appointments.models import Booking
from tests.faults.conftest import MISTAKEN, ROUNDS, untrue
from tests.faults.crowd import Crowd, Line, during
from tests.faults.cutting import HOW, Cutter
from tests.faults.web import environment, until

pytestmark = pytest.mark.django_db(transaction=True)
CUTS = 40 * ROUNDS


@pytest.fixture
def cutter():
    with Cutter(environment()["DATABASE_URL"]) as cutter:
        yield cutter


def test_one_booking_whatever_became_of_the_commit(serve, hot_slots, cutter):
    """The server asks once more by itself; when it cannot, the person does, and gets the same."""
    web = serve(DATABASE_URL=cutter.url)
    crowd, line = Crowd(web, hot_slots), Line(web.port)
    for how in HOW:
        number, phone, _chance = crowd.next_person()
        press = crowd.hold_of(number, phone, hot_slots[2])
        cutter.cut(1, how=(how,), gone=0.5)

        first = crowd.press(line, press, patient=False)
        again = crowd.press(line, press)

        assert again["status"] == 201, how
        assert first is None or first["bookings"] == again["bookings"], how
    crowd.unknown.clear()
    assert untrue(crowd) == []
    assert Booking.objects.count() == len(HOW)


@pytest.mark.parametrize("gathered", ["0", "1"], ids=["single", "gathered"])
def test_many_commits_are_cut_in_a_crowd(serve, hot_slots, cutter, gathered):
    crowd = Crowd(serve(DATABASE_URL=cutter.url, GATHER_BOOKINGS=gathered), hot_slots)
    cutter.cut(CUTS, chance=0.5, gone=0.05)

    during(crowd, [lambda: until(lambda: cutter.left == 0)], answers=20)
    crowd.resolve()
    crowd.ask_again()

    assert untrue(crowd) == []
    assert set(cutter.cuts) == set(HOW)


@pytest.mark.parametrize("forgets", ["server", "client"])
def test_without_keys_the_story_is_not_true(serve, hot_slots, cutter, forgets):
    """Mutants: a server that keeps no keys, a client that asks again with a new one."""
    mistake = {"application": MISTAKEN, "MISTAKE": "no keys"} if forgets == "server" else {}
    web = serve(DATABASE_URL=cutter.url, **mistake)
    crowd = Crowd(web, hot_slots, forgetful=forgets == "client")
    cutter.cut(15, chance=0.5, how=("after",), gone=0.1)

    during(crowd, [lambda: until(lambda: cutter.left == 0)], answers=10)
    crowd.resolve()

    assert any(lie.startswith("phantom") for lie in untrue(crowd))
