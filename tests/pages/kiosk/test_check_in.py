"""Checking in at the kiosk, and what it says when that cannot be. Rows C7, C15."""

import re
from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.sealing import booking_secret
from queues.models import Ticket
from tests.conftest import DAY, NOON, an_id, make_session, slot_at
from tests.pages.kiosk.conftest import check_in_at, text_of
from windows.models import Matter, Window

pytestmark = pytest.mark.django_db


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


def book_elsewhere(book, other_hall):
    """A booking at 14:00 in the other hall, which has a window for it."""
    window = Window.objects.create(hall=other_hall, number=1)
    window.matters.set(Matter.objects.all())
    return book(slot_at(make_session(other_hall, [window]), 14))
