"""What the picker says when little or nothing is free. C30 C31 C34"""

import re
from datetime import time, timedelta

import pytest

from appointments.finding import away, kilometres
from appointments.models import UnmetDemand, VainSearch
from appointments.wishing import wish_of
from queues.models import Ticket
from tests.conftest import DAY, NOON, make_session, slot_at
from windows.models import Hall, HallSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PICKER = f"/book/RENEW/when/?hall=H01&day={DAY}"


def page_of(citizen, way: str) -> str:
    return re.sub(r"\s+", " ", citizen.get(way).content.decode())


def nothing_online(session: HallSession) -> None:
    session.slots.update(online_quota=6, online_taken=6, walkin_quota=84)


def test_few_places_are_told_in_words(citizen, hall, windows, renewal):
    make_session(hall, windows, opens=time(14), closes=time(15), online=12)

    page = page_of(citizen, PICKER)

    assert "Thursday 4 March: only a few places left" in page
    assert "Few left" in page
    assert not re.search(r"\b[1-4] left", page)


def test_a_party_sees_only_times_that_fit_all_of_them(citizen, hall, windows, renewal):  # C11
    session = make_session(hall, windows, opens=time(14), closes=time(15, 30), online=0)
    for hour, minute, minutes in ((14, 0, 12), (14, 30, 5), (15, 0, 18)):
        slot = slot_at(session, hour, minute)
        session.slots.filter(pk=slot.pk).update(online_quota=minutes, walkin_quota=90 - minutes)

    page = page_of(citizen, f"{PICKER}&people=3")

    free = re.findall(r'name="slot" value="(\d+)">', page)
    assert free == [str(slot_at(session, 15).pk)]


def test_nothing_free_is_counted_once_a_browser_and_search(citizen, session, hall):
    nothing_online(session)

    for _ in range(2):
        page = page_of(citizen, "/book/RENEW/when/?hall=H01")
        citizen.get("/book/RENEW/when/")

    assert "Nothing is free here in the next days" in page
    found = VainSearch.objects.order_by("halls").values_list("halls", "count")
    assert list(found) == [("", 1), ("H01", 1)]
    assert UnmetDemand.objects.get().count == 1


def test_nothing_free_offers_the_waiting_list_and_the_odds_of_coming_now(citizen, session, hall):
    nothing_online(session)

    page = page_of(citizen, PICKER)

    assert f"/w/join/?matter=RENEW&amp;hall=H01&amp;day={DAY}" in page
    assert "You can also come today without a booking, until 17:00." in page
    assert not Ticket.objects.exists()


def test_a_release_today_is_told_with_its_hour(citizen, session, hall):
    session.slots.update(booking_opens_at=NOON + timedelta(hours=8))

    page = page_of(citizen, PICKER)

    assert "Thursday 4 March: opens 20:00 today" in page
    assert "Next release 20:00 today: the places of Thursday 4 March." in page
    assert not UnmetDemand.objects.exists()


def test_a_day_beyond_the_horizon_opens_at_midnight(citizen, hall, windows, renewal):
    make_session(hall, windows, day=DAY + timedelta(days=15))

    page = page_of(citizen, "/book/RENEW/when/?hall=H01")

    assert "Next release 00:00 tomorrow: the places of Friday 19 March." in page


def test_a_room_is_told_before_its_release(citizen, session, hall):
    session.slots.update(booking_opens_at=NOON + timedelta(hours=8))
    HallSession.objects.update(release="room")

    page = page_of(citizen, PICKER)

    assert "Next release 20:00 today, waiting room from 19:45" in page


def test_a_draw_is_told_with_its_registration(citizen, session, hall):
    from appointments.models import Draw

    session.slots.update(booking_opens_at=NOON + timedelta(hours=3))
    HallSession.objects.update(release="draw")
    Draw.objects.create(
        session=session, registers_from=NOON, registers_until=NOON + timedelta(hours=1),
        hold_until=NOON + timedelta(hours=3), commitment="0" * 64, seed_sealed=b"x", made_at=NOON,
    )  # fmt: skip

    page = page_of(citizen, PICKER)

    assert "Thursday 4 March goes by draw: register until 13:00 today." in page
    assert "By draw" in page


def test_the_evenings_of_all_halls_stand_in_one_list(citizen, hall, other_hall, windows, renewal):
    make_session(hall, windows, opens=time(18, 30), closes=time(21), kind="night", online=60)
    make_session(hall, windows, opens=time(9), closes=time(17), online=60)

    page = page_of(citizen, "/book/RENEW/when/?show=evenings")

    assert "Thursday 4 March" in page
    assert "from 18:30" in page
    assert "50 left" in page  # those of the evening alone


def test_the_position_is_rounded_and_strange_ones_are_not_asked_for(rf):
    def at(text: str) -> str:
        return wish_of(rf.get("/", {"at": text}).GET, base="/", most_people=4).at

    assert at("22.861234,113.149876") == "22.86,113.15"
    assert [at(one) for one in ("", "x", "1e9,2", "22.8", "22.8,113.1,1", "٢٢,١")] == [""] * 6


def test_distances_are_as_exact_as_the_position():
    hall = Hall(latitude="22.95100", longitude="113.14200")

    assert round(kilometres(hall, "22.86,113.14")) == 10
    assert away(hall, "22.86,113.14") == "about 10 km"
    assert away(Hall(), "22.86,113.14") == away(hall, "") == ""
