"""One's own phone in the hall. Rows C7, C15, C34."""

import re
from datetime import timedelta

import pytest

from appointments.models import Booking
from appointments.sealing import booking_secret
from config import civil
from queues.models import Ticket
from tests.conftest import DAY, NOON, an_id, make_session, slot_at
from windows.models import Matter, Rule, Window
from windows.presence import presence_code

pytestmark = pytest.mark.django_db


class Clock:
    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = NOON
    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def phone(client, hall, session):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def here(phone, hall):
    """A phone that scanned the code on the screen."""
    phone.get(f"/here/H01/?code={presence_code(hall, Clock.now)}")
    return phone


@pytest.fixture
def booking(book, session):
    return book(slot_at(session, 12, 30), person=7)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def check_in_at(phone, said: str, key: str = "k", **more):
    return phone.post("/here/H01/check-in/", {"key": key, "said": said, **more})


def wrong(hall) -> str:
    return f"{(int(presence_code(hall, Clock.now)) + 1) % 1_000_000:06d}"


class TestTheCode:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_is_asked_for_first(self, phone, language):
        phone.cookies["django_language"] = language

        response = phone.get("/here/H01/")

        assert response.status_code == 200
        assert 'name="code"' in response.content.decode()
        assert 'name="matter"' not in response.content.decode()

    def test_scanned_or_typed_it_opens_the_page(self, phone, hall):
        code = presence_code(hall, NOON)

        scanned = phone.get(f"/here/H01/?code={code}")
        assert scanned["location"] == "/here/H01/"  # the code is not left in the address
        assert "Have you booked?" in text_of(phone.get("/here/H01/"))
        phone.cookies.pop("here")
        typed = phone.post("/here/H01/", {"code": f"{code[:3]} {code[3:]}"}, follow=True)
        assert "Have you booked?" in text_of(typed)
        assert phone.cookies["here"]["httponly"]

    @pytest.mark.parametrize("typed", ["", "000", "x" * 50, "😀", "１", "0\x000"])
    def test_what_is_no_code_is_answered_in_one_way(self, phone, typed):
        response = phone.post("/here/H01/", {"code": typed})

        assert response.status_code == 409
        assert "not the code that the screen in Hetang Hall shows" in text_of(response)
        assert "here" not in phone.cookies

    def test_an_old_code_and_another_halls_code_open_nothing(self, phone, hall, other_hall, clock):
        old, others = presence_code(hall, NOON), presence_code(other_hall, NOON)
        clock.now = NOON + timedelta(minutes=3)

        for code in (old, others, presence_code(other_hall, clock.now)):
            assert phone.get(f"/here/H01/?code={code}").status_code == 409

    def test_a_pass_opens_no_other_hall_and_ends_soon(self, here, other_hall, clock):
        assert "Are you in the hall?" in text_of(here.get("/here/H02/"))

        clock.now = NOON + timedelta(minutes=6)
        assert "Are you in the hall?" in text_of(here.get("/here/H01/"))

    def test_a_forged_pass_opens_nothing(self, phone):
        phone.cookies["here"] = "WzEsMSwxXQ:1:forged"

        assert "Are you in the hall?" in text_of(phone.get("/here/H01/"))

    def test_guessing_ends_soon_also_for_the_right_code(self, phone, hall):
        Rule.objects.create(name="presence_guesses_an_hour", value=3, effective_on="2020-01-01")
        answers = [phone.post("/here/H01/", {"code": wrong(hall)}).status_code for _ in range(5)]

        assert answers == [409, 409, 409, 429, 429]
        assert phone.post("/here/H01/", {"code": presence_code(hall, NOON)}).status_code == 429

    def test_right_codes_of_a_whole_hall_are_not_counted(self, phone, hall):
        Rule.objects.create(name="presence_guesses_an_hour", value=2, effective_on="2020-01-01")

        for _person in range(5):
            answer = phone.post("/here/H01/", {"code": presence_code(hall, NOON)})
            assert answer.status_code == 302

    def test_guessing_is_counted_without_redis_too(self, phone, hall, monkeypatch):
        from appointments import limiting

        monkeypatch.setattr(limiting._Absence, "until", float("inf"))
        self.test_guessing_ends_soon_also_for_the_right_code(phone, hall)

    def test_no_hall_is_not_found(self, phone):
        assert phone.get("/here/H77/").status_code == 404


class TestCheckingIn:
    def test_by_reference_leads_to_the_live_ticket(self, here, booking):
        response = check_in_at(here, booking.reference)

        assert response["location"] == f"/t/{Ticket.objects.get().public_id}/"
        booking.refresh_from_db()
        assert booking.state == Booking.State.ARRIVED

    def test_by_id_number(self, here, booking):
        assert check_in_at(here, an_id(7).number).status_code == 302

    def test_from_home_nothing_happens(self, phone, hall, booking, clock):
        """With a picture of the screen from this morning, and with no code at all."""
        old = presence_code(hall, NOON - timedelta(minutes=30))

        assert phone.get(f"/here/H01/?code={old}").status_code == 409
        assert check_in_at(phone, booking.reference, code=old).status_code == 409
        assert check_in_at(phone, booking.reference).status_code == 409
        walk_in = {"key": "w", "matter": "RENEW", "code": old}
        assert phone.post("/here/H01/walk-in/", walk_in).status_code == 409
        assert not Ticket.objects.exists()

    def test_without_a_pass_a_known_and_an_unknown_reference_look_the_same(self, phone, booking):
        known, unknown = check_in_at(phone, booking.reference), check_in_at(phone, "ABCD2345")

        same = [text_of(one) for one in (known, unknown)]
        assert same[0] == same[1]

    def test_a_pass_that_ran_out_keeps_what_was_typed(self, here, hall, booking, clock):
        clock.now = NOON + timedelta(minutes=6)
        late = check_in_at(here, booking.reference)
        assert f'value="{booking.reference}"' in late.content.decode()

        answers = {"code": presence_code(hall, clock.now), "said": booking.reference}
        shown = here.post("/here/H01/", answers)

        assert f'value="{booking.reference}"' in shown.content.decode()
        assert check_in_at(here, booking.reference, key="n").status_code == 302

    def test_pressed_twice_gives_one_number(self, here, booking):
        answers = {check_in_at(here, booking.reference)["location"] for _ in range(2)}

        assert len(answers) == 1
        assert Ticket.objects.count() == 1

    def test_in_the_wrong_hall_one_press_gives_a_number_here(self, here, other_hall, book, hall):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.set(Matter.objects.all())
        other_hall.transport_en = "Metro line 2, Guilan Road"
        other_hall.save(update_fields=["transport_en"])
        booking = book(slot_at(make_session(other_hall, [window]), 14))

        response = check_in_at(here, booking.reference)

        said = text_of(response)
        assert response.status_code == 409
        assert "Your booking is in another hall" in said
        assert "14:00 today" in said
        assert "桂澜路 2 号" in said
        assert "Metro line 2" in said
        assert 'href="/halls/H02/"' in response.content.decode()
        pressed = here.post("/here/H01/walk-in/", {"key": "s", "matter": "RENEW"})
        assert pressed["location"] == f"/t/{Ticket.objects.get(hall=hall).public_id}/"

    def test_too_early_one_may_wait_here(self, here, book, session):
        response = check_in_at(here, book(slot_at(session, 14)).reference)

        assert "You can check in from 13:30. You may wait here" in text_of(response)
        assert "Take a number here now" not in text_of(response)

    def test_on_another_day_it_says_when(self, here, hall, book, windows):
        tomorrow = make_session(hall, windows, day=DAY + timedelta(days=1))

        response = check_in_at(here, book(slot_at(tomorrow, 14)).reference)

        assert "Your booking is for another day" in text_of(response)
        assert "14:00 tomorrow" in text_of(response)
        assert "Take a number here now" in text_of(response)

    def test_a_ticket_that_is_scanned_shows_itself(self, here, booking):
        check_in_at(here, booking.reference)
        link = f"https://city.example/t/{Ticket.objects.get().public_id}/"

        assert check_in_at(here, link, key="t")["location"].startswith("/t/")


class TestWalkingIn:
    def test_gives_a_number(self, here):
        response = here.post("/here/H01/walk-in/", {"key": "k", "matter": "RENEW"})

        assert response["location"] == f"/t/{Ticket.objects.get().public_id}/"
        assert Ticket.objects.get().source == Ticket.Source.WALK_IN

    def test_a_phone_takes_numbers_for_a_family_not_for_a_crowd(self, here):
        answers = [
            here.post("/here/H01/walk-in/", {"key": f"k{n}", "matter": "RENEW"}).status_code
            for n in range(6)
        ]

        assert answers == [302, 302, 302, 302, 429, 429]
        assert Ticket.objects.count() == 4

    @pytest.mark.parametrize("matter", ["", "NOTHING", "RENEW\x00"])
    def test_an_unknown_matter_is_asked_again(self, here, matter):
        assert here.post("/here/H01/walk-in/", {"key": "k", "matter": matter}).status_code == 400

    def test_after_closing_it_says_when_the_hall_opens(self, phone, hall, windows, clock):
        make_session(hall, windows, day=DAY + timedelta(days=1))
        clock.now = NOON + timedelta(hours=6)
        phone.get(f"/here/H01/?code={presence_code(hall, clock.now)}")

        response = phone.post("/here/H01/walk-in/", {"key": "k", "matter": "RENEW"})

        assert response.status_code == 409
        assert "2027-03-05 09:00" in text_of(response)
        assert "opens next on" in text_of(phone.get("/here/H01/"))


class TestFromOnesOwnBooking:
    def page(self, booking) -> str:
        return f"/b/{booking.reference}/?k={booking_secret(booking.reference)}"

    def press(self, phone, booking, **answers):
        address = f"/b/{booking.reference}/here/?k={booking_secret(booking.reference)}"
        return phone.post(address, {"key": "k", **answers})

    def test_one_press_and_the_code(self, phone, hall, booking):
        assert "Are you in the hall already?" in text_of(phone.get(self.page(booking)))

        response = self.press(phone, booking, code=presence_code(hall, NOON))

        assert response["location"] == f"/t/{Ticket.objects.get().public_id}/"

    def test_one_press_when_the_code_was_scanned_before(self, here, booking):
        assert "One press" in text_of(here.get(self.page(booking)))

        assert self.press(here, booking).status_code == 302

    def test_a_wrong_code_changes_nothing_and_can_be_typed_again(self, phone, hall, booking):
        response = self.press(phone, booking, code=wrong(hall))

        assert response.status_code == 409
        assert "not the code" in text_of(response)
        assert self.press(phone, booking, code=presence_code(hall, NOON)).status_code == 302

    def test_is_not_offered_before_its_time(self, phone, book, session):
        early = book(slot_at(session, 14))

        assert "Are you in the hall already?" not in text_of(phone.get(self.page(early)))

    def test_who_is_late_checks_in_all_the_same(self, phone, hall, booking, clock):
        clock.now = booking.starts_at + timedelta(minutes=40)
        assert "Are you in the hall already?" in text_of(phone.get(self.page(booking)))

        assert self.press(phone, booking, code=presence_code(hall, clock.now)).status_code == 302
        assert Ticket.objects.get().rank_at == clock.now

    def test_without_the_secret_there_is_no_such_booking(self, here, booking):
        answers = {"key": "k"}

        assert here.post(f"/b/{booking.reference}/here/?k=x", answers).status_code == 404
