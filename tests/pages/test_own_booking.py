"""One's own booking by its link: see, calendar, cancel, change. C11 C19"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from appointments.arriving import check_in
from appointments.booking import confirm, find, hold
from appointments.models import Booking
from appointments.sealing import booking_secret
from config import civil
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from windows.models import Material

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    class Clock:
        now = NOON

    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def citizen(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def booking(book, session) -> Booking:
    return book(slot_at(session, 15))


@pytest.fixture
def family(session, renewal) -> list[Booking]:
    people = [a_person(n, name) for n, name in ((1, "陈小宁"), (2, "王芳"), (3, "李明"))]
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=people, phone=PHONE, now=NOON
    )
    first = held.bookings[0]
    confirm(booking=find(first.reference, first.secret), now=NOON)
    return list(Booking.objects.order_by("pk"))


def own(booking: Booking, part: str = "", **more: object) -> str:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/b/{booking.reference}/{part}?k={booking_secret(booking.reference)}{query}"


def key_of(response) -> str:
    return re.search(r'name="key" value="(\w+)"', response.content.decode())[1]


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_its_pages_answer_in_both_languages(client, language, booking):
    client.cookies["django_language"] = language

    for part in ("", "cancel/", "change/", "calendar.ics"):
        assert client.get(own(booking, part)).status_code == 200


def test_it_shows_where_when_whom_and_the_code(citizen, booking, renewal):
    Material.objects.create(matter=renewal, position=1, name_zh="旧证", name_en="The old card")

    page = text_of(citizen.get(own(booking)))

    for words in ("Thursday 4 March, 15:00", "Hetang Hall", booking.reference, "The old card"):
        assert words in page
    assert "<svg" in page
    assert "style=" not in page
    assert "onclick" not in page


def test_it_never_shows_the_whole_id_number(citizen, booking):
    page = text_of(citizen.get(own(booking)))

    assert "440***********" in page
    assert not re.search(r"\d{17}[\dX]", page)


@pytest.mark.parametrize("secret", ["", "?k=", "?k=wrong", "?k=%00", "?k=é", "?k=" + "x" * 3000])
@pytest.mark.parametrize("part", ["", "cancel/", "change/", "calendar.ics"])
def test_without_its_secret_it_is_not_found(citizen, booking, part, secret):
    assert citizen.get(f"/b/{booking.reference}/{part}{secret}").status_code == 404


def test_anothers_secret_opens_nothing(citizen, family):
    mine, other = family[0], family[1]

    answer = citizen.get(f"/b/{mine.reference}/?k={booking_secret(other.reference)}")

    assert answer.status_code == 404


def test_a_forged_cancellation_changes_nothing(citizen, booking):
    answer = citizen.post(f"/b/{booking.reference}/cancel/?k=forged", {"key": "k"})

    booking.refresh_from_db()
    assert (answer.status_code, booking.state) == (404, "confirmed")


def test_the_family_is_listed_with_links_of_their_own(citizen, family):
    page = text_of(citizen.get(own(family[0])))

    assert "王*" in page
    assert "王芳" not in page
    assert own(family[1]).replace("&", "&amp;") in page


def test_the_calendar_file_is_read_by_calendars(citizen, booking):
    answer = citizen.get(own(booking, "calendar.ics"))

    assert answer["Content-Type"].startswith("text/calendar")
    event = next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))
    assert event.decoded("dtstart") == booking.starts_at
    assert str(event["uid"]).startswith(booking.reference)
    assert booking_secret(booking.reference) in str(event["url"])
    assert event.walk("VALARM")


def test_the_calendar_file_of_a_cancelled_booking_takes_it_out(citizen, booking):
    citizen.post(own(booking, "cancel/"), {"key": "k" * 32})

    event = next(
        iter(Calendar.from_ical(citizen.get(own(booking, "calendar.ics")).content).walk("VEVENT"))
    )

    assert str(event["status"]) == "CANCELLED"


def test_cancelling_gives_the_place_back_once(citizen, booking):
    key = key_of(citizen.get(own(booking, "cancel/")))

    first = citizen.post(own(booking, "cancel/"), {"key": key})
    citizen.post(own(booking, "cancel/"), {"key": key})
    page = citizen.get(first.url)

    booking.slot.refresh_from_db()
    assert booking.slot.online_taken == 0
    assert "This booking is cancelled" in text_of(page)
    assert Booking.objects.get().events.filter(kind="cancelled").count() == 1


def test_one_or_all_of_a_family_cancel(citizen, family):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32, "whom": "me"})
    assert Booking.objects.filter(state="cancelled").count() == 1

    citizen.post(own(family[1], "cancel/"), {"key": "b" * 32, "whom": "all"})
    assert Booking.objects.filter(state="cancelled").count() == 3


def test_cancelling_after_the_time_began_is_refused_in_words(citizen, booking, at_noon):
    at_noon.now += timedelta(hours=4)

    answer = citizen.post(own(booking, "cancel/"), {"key": "a" * 32})

    assert answer.status_code == 409
    assert "Come now" in text_of(answer)
    assert citizen.get(own(booking, "cancel/")).status_code == 409


def test_changing_moves_to_the_new_time_and_frees_the_old_one(citizen, booking, session):
    new = slot_at(session, 16)
    page = citizen.get(own(booking, "change/", day=DAY))
    assert "Now it is Thursday 4 March, 15:00" in text_of(page)

    moved = citizen.post(own(booking, "change/"), {"key": key_of(page), "slot": new.pk})

    old = booking.slot
    booking.refresh_from_db()
    old.refresh_from_db()
    assert booking.slot_id == new.pk
    assert old.online_taken == 0
    assert "Thursday 4 March, 16:00" in text_of(citizen.get(moved.url))


def test_changing_to_another_hall_begins_with_its_list(citizen, booking, other_hall):
    page = text_of(citizen.get(own(booking, "change/", hall="")))

    assert "Which hall?" in page
    assert "hall=H02" in page


def test_a_change_to_a_time_that_is_gone_keeps_the_old_one(citizen, booking, session):
    full = slot_at(session, 16)
    session.slots.filter(pk=full.pk).update(online_quota=0, walkin_quota=90)

    answer = citizen.post(own(booking, "change/"), {"key": "a" * 32, "slot": full.pk})

    booking.refresh_from_db()
    assert answer.status_code == 409
    assert "Your present time still stands." in text_of(answer)
    assert booking.slot_id != full.pk


@pytest.mark.parametrize("slot", ["", "abc", "9" * 30, "-1", "٣"])
def test_a_change_to_no_time_at_all_is_malformed(citizen, booking, slot):
    answer = citizen.post(own(booking, "change/"), {"key": "a" * 32, "slot": slot})

    assert answer.status_code == 400
    assert "Choose a time first." in text_of(answer)


def test_a_held_booking_is_confirmed_from_its_own_page(citizen, session, renewal):
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON
    ).bookings[0]
    booking = find(held.reference, held.secret)
    page = citizen.get(own(booking))

    citizen.post(own(booking, "confirm/"), {"key": key_of(page)})

    booking.refresh_from_db()
    assert booking.state == "confirmed"


def test_a_checked_in_booking_leads_to_its_ticket(citizen, booking, hall, at_noon):
    at_noon.now = booking.starts_at
    ticket = check_in(hall=hall, now=at_noon.now, reference=booking.reference)

    page = text_of(citizen.get(own(booking)))

    assert f"/t/{ticket.public_id}/" in page
    assert "cancel/" not in page


def test_after_midnight_it_names_the_evening_that_it_belongs_to(citizen, hall, windows, book):
    from datetime import time

    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    page = text_of(citizen.get(own(book(slot_at(night, 0)))))

    assert "Friday 5 March, 00:00" in page
    assert "in the night session of Thursday 4 March" in page


def test_a_pasted_link_opens_the_booking(citizen, booking):
    link = f"https://city.example{own(booking)}"

    assert citizen.get("/b/", {"link": link}).url == own(booking)


@pytest.mark.parametrize(
    ("link", "status"),
    [("", 400), ("hello", 400), ("/b/ABCD2345/", 400), ("/b/ABCD2345/?k=x", 404), ("x" * 900, 400)],
)
def test_a_wrong_link_is_told_beside_its_field(citizen, booking, link, status):
    answer = citizen.get("/b/", {"link": link})

    assert answer.status_code == status
    assert 'id="id_link_error"' in text_of(answer)


@pytest.mark.parametrize(
    ("part", "method"),
    [("", "post"), ("calendar.ics", "post"), ("confirm/", "get"), ("cancel/", "put")],
)
def test_the_wrong_method_is_405(citizen, booking, part, method):
    assert getattr(citizen, method)(own(booking, part)).status_code == 405


def test_the_page_is_kept_by_no_cache(citizen, booking):
    assert "no-store" in citizen.get(own(booking))["Cache-Control"]
