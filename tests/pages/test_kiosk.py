"""The kiosk and the guide's tablet. Rows C7, C13, C14, C15."""

import re
from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.pairing import pair
from appointments.sealing import booking_secret
from config import civil
from queues.calling import call_next, park
from queues.issuing import issue_walk_in
from queues.models import Paper, Ticket
from tests.conftest import DAY, NOON, an_id, make_session, slot_at
from windows.access import DEVICE_COOKIE
from windows.models import DeviceToken, Matter, Window

pytestmark = pytest.mark.django_db


class Clock:
    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = NOON
    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def visitor(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def kiosk(visitor, hall, session):
    """A browser that is the paired kiosk of the hall."""
    from django.core import signing

    visitor.cookies[DEVICE_COOKIE] = signing.dumps(pair(hall, name="Door"), salt="device")
    return visitor


@pytest.fixture
def booking(book, session):
    return book(slot_at(session, 12, 30), person=7)


def check_in_at(kiosk, said: str, key: str = "k", follow: bool = True):
    return kiosk.post("/kiosk/H01/check-in/", {"key": key, "said": said}, follow=follow)


class TestPairing:
    def test_an_unknown_screen_shows_no_kiosk(self, visitor, session):
        response = visitor.get("/kiosk/H01/")

        assert response.status_code == 403
        assert "not a kiosk yet" in text_of(response)

    def test_another_halls_kiosk_shows_nothing_here(self, kiosk, other_hall):
        assert kiosk.get("/kiosk/H02/").status_code == 403

    def test_an_unknown_screen_takes_no_numbers(self, visitor, session):
        answers = {"key": "k", "matter": "RENEW"}

        assert visitor.post("/kiosk/H01/walk-in/", answers).status_code == 403
        assert not Ticket.objects.exists()

    def test_a_revoked_kiosk_shows_nothing(self, kiosk):
        DeviceToken.objects.update(revoked_at=NOON)

        assert kiosk.get("/kiosk/H01/").status_code == 403

    def test_a_supervisor_pairs_the_screen_and_is_signed_out_of_it(
        self, visitor, supervisor, session
    ):
        visitor.force_login(supervisor)
        assert "Pair this screen" in text_of(visitor.get("/kiosk/H01/"))

        response = visitor.post("/kiosk/H01/pair/", follow=True)

        assert response.status_code == 200
        assert "Have you booked?" in text_of(response)
        assert "_auth_user_id" not in visitor.session

    def test_a_clerk_cannot_pair(self, visitor, clerk, session):
        visitor.force_login(clerk)

        assert visitor.post("/kiosk/H01/pair/").status_code == 403

    def test_the_demo_pairs_by_itself(self, visitor, session, settings):
        settings.DEMO = True

        assert visitor.get("/kiosk/H01/").status_code == 200
        assert visitor.cookies[DEVICE_COOKIE]["httponly"]

    def test_no_hall_is_not_found(self, visitor, hall):
        assert visitor.get("/kiosk/H77/").status_code == 404


class TestWalkIn:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_the_first_page_answers_in_both_languages(self, kiosk, language):
        kiosk.cookies["django_language"] = language

        assert kiosk.get("/kiosk/H01/").status_code == 200

    def test_gives_a_number_with_its_place_and_code(self, kiosk):
        response = kiosk.post("/kiosk/H01/walk-in/", {"key": "k", "matter": "RENEW"}, follow=True)

        ticket = Ticket.objects.get()
        assert ticket.label in text_of(response)
        assert "You are next" in text_of(response)
        assert "<svg" in response.content.decode()
        assert '<noscript><meta http-equiv="refresh" content="30' in response.content.decode()
        assert 'data-clears="30"' in response.content.decode()

    def test_pressed_twice_gives_one_number(self, kiosk):
        for _ in range(2):
            kiosk.post("/kiosk/H01/walk-in/", {"key": "same", "matter": "RENEW"})

        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize("matter", ["", "NOTHING", "RENEW\x00", "😀"])
    def test_an_unknown_matter_is_asked_again(self, kiosk, matter):
        response = kiosk.post("/kiosk/H01/walk-in/", {"key": "k", "matter": matter})

        assert response.status_code == 400
        assert not Ticket.objects.exists()

    def test_after_closing_it_says_when_the_hall_opens(self, kiosk, hall, windows, clock):
        make_session(hall, windows, day=DAY + timedelta(days=1))
        clock.now = NOON + timedelta(hours=6)

        response = kiosk.post("/kiosk/H01/walk-in/", {"key": "k", "matter": "RENEW"})

        assert response.status_code == 409
        assert "2027-03-05 09:00" in text_of(response)

    def test_another_halls_number_is_not_shown(self, kiosk, other_hall):
        assert kiosk.get("/kiosk/H01/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404


class TestCheckIn:
    def test_by_reference(self, kiosk, booking):
        response = check_in_at(kiosk, booking.reference.lower())

        assert Ticket.objects.get().label in text_of(response)
        assert "booked 12:30" in text_of(response)

    def test_by_id_number_in_any_shape(self, kiosk, booking):
        number = an_id(7).number
        full_width = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c.lower() for c in number)

        check_in_at(kiosk, f" {full_width} ")

        assert Ticket.objects.count() == 1

    def test_by_scanned_code(self, kiosk, booking):
        reference = booking.reference
        link = f"https://city.example/b/{reference}/?k={booking_secret(reference)}"

        check_in_at(kiosk, link)

        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(
        "code",
        [
            "https://another-city.example/b/{0}/?k=forged",  # its references may look like ours
            "https://another-city.example/b/{0}/",
            "https://shop.example/?coupon=1",
            "weixin://wxpay/bizpayurl?pr=abc",
            "WIFI:S:Hall;T:WPA;P:secret;;",
        ],
    )
    def test_a_code_of_another_city_or_of_anything_is_told_apart(self, kiosk, booking, code):
        response = check_in_at(kiosk, code.format(booking.reference))

        assert response.status_code == 400
        assert "This code is not of a booking in this city" in text_of(response)
        assert "Take a walk-in number instead" in text_of(response)
        assert not Ticket.objects.exists()
        booking.refresh_from_db()
        assert booking.state == "confirmed"

    def test_twice_shows_the_same_number(self, kiosk, booking):
        first = check_in_at(kiosk, booking.reference, key="a")
        second = check_in_at(kiosk, booking.reference, key="b")

        assert first.redirect_chain == second.redirect_chain
        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(
        "said", ["", "   ", "陈小宁", "A", "440604197503071239999", "x" * 400, "😀😀😀😀", "A\x00B"]
    )
    def test_what_is_no_number_is_asked_again(self, kiosk, said):
        response = check_in_at(kiosk, said)

        assert response.status_code == 400

    def test_a_wrong_check_digit_is_told(self, kiosk):
        number = an_id(7).number
        wrong = number[:-1] + ("1" if number[-1] != "1" else "2")

        response = check_in_at(kiosk, wrong)

        assert response.status_code == 400
        assert "One character of this ID number is wrong" in text_of(response)
        assert wrong in response.content.decode()  # what was typed stays

    def test_without_a_booking_a_walk_in_number_is_offered(self, kiosk):
        response = check_in_at(kiosk, "ABCD2345")

        assert response.status_code == 409
        assert "Take a walk-in number instead" in text_of(response)

    def test_in_another_hall_says_where_and_when(self, kiosk, other_hall, book):
        booking = book_elsewhere(book, other_hall)

        response = check_in_at(kiosk, booking.reference)

        assert response.status_code == 409
        assert "Guilan Hall" in text_of(response)
        assert "14:00 today" in text_of(response)
        assert "桂澜路 2 号" in text_of(response)
        assert "Take a number here now" in text_of(response)
        assert "<svg" in response.content.decode()  # the way there, to be scanned
        assert "/halls/H02/" not in response.content.decode()  # no link leads out

    def test_too_early_says_from_when(self, kiosk, book, session):
        booking = book(slot_at(session, 14))

        response = check_in_at(kiosk, booking.reference)

        assert response.status_code == 409
        assert "14:00 today" in text_of(response)
        assert "You can check in from 13:30. You may wait here" in text_of(response)

    def test_on_another_day_says_when(self, kiosk, hall, book, windows):
        tomorrow = make_session(hall, windows, day=DAY + timedelta(days=1))
        booking = book(slot_at(tomorrow, 14))

        response = check_in_at(kiosk, booking.reference)

        assert response.status_code == 409
        assert "14:00 tomorrow" in text_of(response)
        assert "Take a number here now" in text_of(response)

    def test_the_day_after_says_that_it_has_passed(self, kiosk, hall, windows, booking, clock):
        make_session(hall, windows, day=DAY + timedelta(days=1))
        clock.now = NOON + timedelta(days=1)

        response = check_in_at(kiosk, booking.reference)

        assert response.status_code == 409
        assert "The time of your booking has passed" in text_of(response)
        assert "Take a number here now" in text_of(response)

    def test_one_press_takes_a_number_for_the_same_matter(self, kiosk, hall, other_hall, book):
        booking = book_elsewhere(book, other_hall)
        page = check_in_at(kiosk, booking.reference).content.decode()
        key = re.search(r'name="key" value="(\w+-said)"', page)[1]

        given = kiosk.post("/kiosk/H01/walk-in/", {"key": key, "matter": "RENEW"}, follow=True)

        assert Ticket.objects.get(hall=hall).label in text_of(given)
        booking.refresh_from_db()
        assert booking.state == "confirmed"  # as the page says, it stays

    def test_checked_in_elsewhere_already_says_where(self, kiosk, hall, other_hall, book, clock):
        booking = book_elsewhere(book, other_hall)
        clock.now = booking.starts_at
        check_in(hall=other_hall, reference=booking.reference, now=clock.now)

        response = check_in_at(kiosk, booking.reference)

        assert response.status_code == 409
        assert "Your booking is in another hall" in text_of(response)

    def test_the_code_of_a_number_shows_the_number_again(self, kiosk, booking):
        check_in_at(kiosk, booking.reference)
        link = f"https://city.example/t/{Ticket.objects.get().public_id}/"

        assert Ticket.objects.get().label in text_of(check_in_at(kiosk, link, key="t"))

    def test_the_code_of_another_halls_number_is_told(self, kiosk, other_hall, book, clock):
        booking = book_elsewhere(book, other_hall)
        clock.now = booking.starts_at
        ticket = check_in(hall=other_hall, reference=booking.reference, now=clock.now)

        response = check_in_at(kiosk, f"https://city.example/t/{ticket.public_id}/")

        assert response.status_code == 409
        assert "not of this hall" in text_of(response)


class TestNothingStays:
    """What one person was shown is not shown to the next one."""

    def test_a_given_number_is_gone_when_the_first_page_was_shown(self, kiosk, booking):
        given = check_in_at(kiosk, booking.reference).redirect_chain[-1][0]
        assert kiosk.get(given).status_code == 200

        kiosk.get("/kiosk/H01/")

        again = kiosk.get(given)
        assert again["location"] == "/kiosk/H01/"

    def test_who_never_was_given_it_does_not_see_it(self, kiosk, hall, renewal):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        assert kiosk.get(f"/kiosk/H01/{ticket.public_id}/")["location"] == "/kiosk/H01/"

    def test_the_next_person_finds_the_usual_language_and_print(self, kiosk):
        for choice in ({"language": "en"}, {"simple": "1"}):
            kiosk.post("/kiosk/H01/words/", choice)
        assert kiosk.cookies["simple"].value == "1"

        kiosk.get("/kiosk/H01/?fresh=1")

        assert kiosk.cookies["simple"].value == ""
        assert kiosk.cookies["django_language"].value == ""

    @pytest.mark.parametrize(
        "wanted", ["https://evil.example/", "//evil.example", "/login/", "/kiosk/H02/", "", "x\x00"]
    )
    def test_the_switches_lead_nowhere_else(self, kiosk, other_hall, wanted):
        response = kiosk.post("/kiosk/H01/words/", {"language": "en", "next": wanted})

        assert response["location"] == "/kiosk/H01/"

    def test_the_switches_stay_on_the_page(self, kiosk):
        answers = {"language": "en", "next": "/kiosk/H01/check-in/"}

        assert kiosk.post("/kiosk/H01/words/", answers)["location"] == "/kiosk/H01/check-in/"

    def test_all_of_it_asks_not_to_be_kept(self, kiosk, booking):
        given = check_in_at(kiosk, booking.reference).redirect_chain[-1][0]

        for page in ("/kiosk/H01/", "/kiosk/H01/check-in/", given):
            assert "no-store" in kiosk.get(page)["Cache-Control"]


class TestPaper:
    @pytest.fixture
    def printer(self, kiosk):
        DeviceToken.objects.update(printer="127.0.0.1:9")

    def take(self, kiosk, key: str = "k"):
        return kiosk.post("/kiosk/H01/walk-in/", {"key": key, "matter": "RENEW"}, follow=True)

    def test_is_owed_with_the_number_in_the_language_of_the_screen(self, kiosk, printer):
        given = self.take(kiosk)

        paper = Paper.objects.get()
        assert (paper.ticket, paper.words) == (Ticket.objects.get(), "zh-en")
        assert "Your paper comes out" in text_of(given)

    def test_a_checked_in_person_gets_it_too_once(self, kiosk, printer, booking):
        for key in ("a", "b"):
            check_in_at(kiosk, booking.reference, key=key)

        assert Paper.objects.count() == 1

    def test_no_number_no_paper(self, kiosk, printer, clock):
        clock.now = NOON + timedelta(hours=12)
        self.take(kiosk)

        assert not Paper.objects.exists()

    def test_a_kiosk_without_a_printer_owes_none_and_says_what_to_do(self, kiosk):
        assert "Photograph this number" in text_of(self.take(kiosk))
        assert not Paper.objects.exists()

    def test_the_page_is_told_how_it_went(self, kiosk, printer, clock):
        page = self.take(kiosk).redirect_chain[-1][0]

        def state() -> str:
            return kiosk.get(f"{page}?paper=1").json()["paper"]

        assert state() == "coming"
        clock.now = NOON + timedelta(seconds=11)
        assert state() == "missing"
        Paper.objects.update(printed_at=clock.now)
        assert state() == "printed"
        Paper.objects.update(printed_at=None, error="no paper")
        clock.now = NOON
        assert state() == "missing"


def book_elsewhere(book, other_hall):
    """A booking at 14:00 in the other hall, which has a window for it."""
    window = Window.objects.create(hall=other_hall, number=1)
    window.matters.set(Matter.objects.all())
    return book(slot_at(make_session(other_hall, [window]), 14))


class TestFloor:
    @pytest.fixture
    def tablet(self, visitor, guide, session):
        visitor.force_login(guide)
        return visitor

    def give(self, tablet, key: str = "k", **answers):
        return tablet.post("/floor/give/", {"key": key, **answers})

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_shows_the_line_in_both_languages(self, tablet, language, hall, renewal):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        tablet.cookies["django_language"] = language

        assert ticket.label in text_of(tablet.get("/floor/"))

    def test_a_stranger_signs_in_first(self, visitor, hall):
        assert visitor.get("/floor/")["location"].startswith("/login/")

    def test_a_clerk_has_no_tablet(self, visitor, clerk):
        visitor.force_login(clerk)

        assert visitor.get("/floor/").status_code == 403

    def test_another_halls_floor_is_not_found(self, tablet, other_hall):
        assert tablet.get("/floor/?hall=H02").status_code == 404

    def test_gives_a_number_on_someones_behalf(self, tablet, guide):
        response = self.give(tablet, matter="RENEW", priority="elderly", note="with a stick")

        ticket = Ticket.objects.get()
        assert response["location"].endswith(f"given={ticket.public_id}")
        assert (ticket.priority, ticket.priority_note) == ("elderly", "with a stick")
        assert ticket.events.get().by == guide
        assert ticket.label in text_of(tablet.get(response["location"]))

    def test_pressed_twice_gives_one_number(self, tablet):
        for _ in range(2):
            self.give(tablet, matter="RENEW")

        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({}, "Choose what the person comes for"),
            ({"matter": "X"}, "X"),
            ({"matter": "RENEW", "priority": "urgent"}, "Say what is urgent"),
            ({"matter": "RENEW", "priority": "rich"}, "rich"),
            ({"matter": "RENEW", "note": "x" * 121}, "120"),
        ],
    )
    def test_asks_again_for_what_is_missing(self, tablet, answers, said):
        response = self.give(tablet, **answers)

        assert response.status_code == 400
        assert said in text_of(response)
        assert not Ticket.objects.exists()

    def test_checks_others_in(self, tablet, booking, guide):
        response = tablet.post(
            "/floor/check-in/", {"key": "k", "said": booking.reference}, follow=True
        )

        assert Ticket.objects.get().label in text_of(response)
        assert Ticket.objects.get().events.get().by == guide

    def test_says_why_a_check_in_is_refused(self, tablet):
        response = tablet.post("/floor/check-in/", {"key": "k", "said": "ABCD2345"})

        assert response.status_code == 409
        assert "No open booking was found" in text_of(response)

    def test_puts_parked_people_back_in_line(self, tablet, hall, renewal, at_window_3, clerk):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
        ticket = park(
            ticket=call_next(window=at_window_3, staff=clerk, now=NOON), staff=clerk, now=NOON
        )

        response = tablet.post(f"/floor/{ticket.public_id}/return/", {"key": "k"}, follow=True)

        ticket.refresh_from_db()
        assert ticket.state == "waiting"
        assert f"{ticket.label} is back in line" in text_of(response)

    def test_a_waiting_person_is_not_put_back_twice(self, tablet, hall, renewal):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        response = tablet.post(f"/floor/{ticket.public_id}/return/", {"key": "k"}, follow=True)

        assert "This is not possible now" in text_of(response)

    def test_nobodys_number_is_not_found(self, tablet):
        assert tablet.post("/floor/AAAAAAAAAA/return/", {"key": "k"}).status_code == 404
