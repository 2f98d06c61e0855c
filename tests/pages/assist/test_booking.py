"""Booking for somebody, with a phone or on a slip. # C12"""

import pytest

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.models import Booking, Message
from appointments.sealing import unseal
from tests.conftest import (
    NOON,
    a_person,
    an_id,
    slot_at,
)
from tests.pages.assist.conftest import CHILD, LANGUAGES, book, who
from tests.pages.test_desk import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestBooking:
    def test_without_a_phone_and_without_a_code(self, at_work, kept):
        booked = book(at_work, slot_at(kept, 14))
        page = text_of(at_work.get(booked.url))

        booking = Booking.objects.get()
        assert (booking.state, booking.channel) == ("confirmed", "assisted")
        assert not Message.objects.exists()
        assert "It is booked for 陈小宁: Renew." in page
        assert " ".join(booking.reference) in page
        assert "Please bring: The old card." in page

    def test_with_a_phone_the_message_goes_there(self, at_work, kept):
        book(at_work, slot_at(kept, 14), phone="138 0013 8000")

        message = Message.objects.get(kind="confirmed")
        assert unseal(message.to_sealed, purpose="phone") == "+8613800138000"

    def test_pressed_twice_is_booked_once(self, at_work, kept):
        first, second = (book(at_work, slot_at(kept, 14)) for _ in range(2))

        assert first.url == second.url
        assert Booking.objects.count() == 1

    def test_what_is_wrong_is_told_beside_its_field(self, at_work, kept):
        page = book(at_work, slot_at(kept, 14), phone="12", name_1="")

        assert page.status_code == 400
        assert "Enter the name." in text_of(page)
        assert not Booking.objects.exists()

    def test_a_family_with_a_child_and_a_chain(self, at_work, kept, first_minor, pickup):
        kept.slots.update(online_quota=30, assisted_quota=30)

        booked = book(
            at_work, slot_at(kept, 14), "matter=RENEW&also=FIRST_MINOR&also=PICKUP&people=2",
            people=2, name_2="陈小贝", id_number_2=CHILD, consent="on",
            matters_1=["RENEW", "PICKUP"], matters_2=["FIRST_MINOR"],
        )  # fmt: skip
        page = text_of(at_work.get(booked.url))

        assert [b.matter.code for b in Booking.objects.order_by("position")] == [
            "RENEW", "PICKUP", "FIRST_MINOR",
        ]  # fmt: skip
        assert page.count("Read aloud") == 2
        assert "陈小宁 comes along, with the ID card." in page

    def test_a_time_that_was_taken_meanwhile_is_told(self, at_work, kept):
        kept.slots.update(assisted_taken=12)

        page = book(at_work, slot_at(kept, 14))

        assert page.status_code == 409
        assert "has just been taken" in text_of(page)
        assert 'value="陈小宁"' in page.content.decode()

    def test_another_halls_time_is_not_found(self, browser_of, guide, kept, elsewhere):
        slot = slot_at(elsewhere, 14)

        assert browser_of(guide).get(who(slot)).status_code == 404
        assert book(browser_of(guide), slot).status_code == 404

    def test_who_is_booked_already_is_one_press_from_that_booking(self, at_work, kept, renewal):
        slot = slot_at(kept, 15)
        hold(
            slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone="+8613900139000", now=NOON
        )

        page = book(at_work, slot_at(kept, 14))

        assert page.status_code == 409
        assert "Look at the bookings of 陈小宁" in text_of(page)

    def test_the_number_on_the_slip_checks_in(self, at_work, kept, hall):
        book(at_work, slot_at(kept, 12, 30))

        ticket = check_in(hall=hall, reference=Booking.objects.get().reference, now=NOON)

        assert ticket.label == "A001"

    @pytest.mark.parametrize("paper", ["80", "a4"])
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_slip_has_code_number_and_what_to_bring(self, at_work, kept, paper, language):
        booked = book(at_work, slot_at(kept, 14))
        at_work.cookies["django_language"] = language

        page = at_work.get(f"{booked.url}?paper={paper}")

        words = {"en": "The old card", "zh-hans": "旧身份证"}
        assert "<svg" in page.content.decode()
        assert Booking.objects.get().reference in text_of(page)
        assert words[language] in text_of(page)
        assert ("paper--a4" in page.content.decode()) == (paper == "a4")
        assert an_id(1).number not in page.content.decode()
        assert "陈小宁" not in page.content.decode()

    def test_a_colleagues_slip_is_not_found(self, at_work, kept, browser_of, guide):
        booked = book(at_work, slot_at(kept, 14))

        assert browser_of(guide).get(booked.url).status_code == 404
