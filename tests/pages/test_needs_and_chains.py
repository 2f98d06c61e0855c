"""Who comes, with what they need, for how many matters: the citizen's pages. # C11 C12 C27"""

import re
from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.attending import needs_of
from appointments.models import Booking
from appointments.sealing import unseal
from config import civil
from tests.conftest import DAY, NOON, an_id, make_matter, slot_at
from tests.pages.filling_in import answers, hold_places, who_address
from tests.pages.reading import key_of, shown_at_the_kiosk, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
CHILD = an_id(7, born="20150601").number


def confirm_all(citizen, held):
    page = citizen.get(held.url)
    return citizen.post(held.url, {"key": key_of(page), "action": "confirm"}), text_of(page)


def in_order():
    return list(Booking.objects.order_by("position").select_related("matter"))


class TestNeeds:
    def test_are_asked_once_per_person_in_something_closed(self, citizen, session, renewal):
        page = text_of(citizen.get(who_address(renewal, slot_at(session, 14)) + "?people=2"))

        assert page.count("Does this person need help or more time?") == 2
        assert "<details" in page
        assert not re.search(r"<details[^>]* open", page)

    def test_are_sealed_with_the_booking_and_take_more_minutes(self, citizen, session, renewal):
        held = hold_places(
            citizen, renewal, slot_at(session, 14), people=2, needs_1=["wheelchair", "time"]
        )
        _done, page = confirm_all(citizen, held)

        first, second = in_order()
        assert needs_of(first) == ("wheelchair", "time")
        assert (first.minutes, second.minutes) == (9, 6)
        assert b"wheelchair" not in bytes(first.needs_sealed)
        assert "Comes in a wheelchair" in page

    def test_a_wrong_answer_keeps_them_open(self, citizen, session, renewal):
        where = who_address(renewal, slot_at(session, 14))

        page = text_of(citizen.post(where, answers(needs_1=["sign"], phone="1")))

        assert re.search(r"<details[^>]* open", page)
        assert re.search(r'value="sign"[^>]* checked', page)

    def test_a_need_that_is_no_need_is_refused(self, citizen, session, renewal):
        where = who_address(renewal, slot_at(session, 14))

        assert citizen.post(where, answers(needs_1=["gold"])).status_code == 400

    def test_come_back_with_what_was_typed(self, citizen, session, renewal):
        where = who_address(renewal, slot_at(session, 14))
        citizen.post(where, answers(needs_1=["sign"]))

        page = text_of(citizen.get(where))

        assert re.search(r'value="sign"[^>]* checked', page)

    def test_stand_on_no_public_screen(self, citizen, session, renewal, hall, settings):
        settings.DEMO = True  # the kiosk pairs by itself
        held = hold_places(citizen, renewal, slot_at(session, 12, 30), needs_1=["sign"])
        confirm_all(citizen, held)
        ticket = check_in(hall=hall, id_number=an_id(1), now=NOON)

        shown_at_the_kiosk(citizen, ticket.public_id)
        pages = [f"/t/{ticket.public_id}/", "/board/H01/", f"/kiosk/H01/{ticket.public_id}/"]

        for way in pages:
            answer = citizen.get(way)
            page = text_of(answer).lower()
            assert answer.status_code == 200
            assert "sign language" not in page, way
            assert "手语" not in page, way


class TestSeveralMatters:
    @pytest.fixture
    def apart(self, windows):
        """No window serves it together with anything."""
        alone = make_matter("ALONE", "X", 5)
        windows[0].hall.windows.create(number=9).matters.add(alone)
        return alone

    def test_what_some_window_serves_together_is_offered(self, citizen, session, renewal, apart):
        page = text_of(citizen.get("/book/RENEW/"))

        assert "Anything else in the same visit?" in page
        assert 'value="PICKUP"' in page
        assert 'value="ALONE"' not in page
        assert "Anything else" not in text_of(citizen.get("/book/ALONE/"))

    def test_are_carried_from_page_to_page(self, citizen, session, renewal, pickup):
        slot = slot_at(session, 14)

        chosen = citizen.get(
            f"/book/RENEW/when/?people=1&also=PICKUP&hall=H01&day={DAY}&slot={slot.pk}&go=1"
        )

        assert chosen.url == f"{who_address(renewal, slot)}?people=1&also=PICKUP"
        page = text_of(citizen.get(chosen.url))
        assert '<input type="hidden" name="also" value="PICKUP">' in page

    def test_of_one_person_are_one_visit(self, citizen, session, renewal, pickup):
        held = hold_places(citizen, renewal, slot_at(session, 14), also="PICKUP")
        _done, page = confirm_all(citizen, held)

        bookings = in_order()
        assert [b.matter.code for b in bookings] == ["RENEW", "PICKUP"]
        assert {b.state for b in bookings} == {"confirmed"}
        assert len({b.slot_id for b in bookings}) == 1
        assert "The place is held" in page
        assert page.count("<dt>Name</dt>") == 1

    def test_of_a_family_are_chosen_by_each(self, citizen, session, renewal, pickup):
        where = who_address(renewal, slot_at(session, 14)) + "?people=2&also=PICKUP"
        page = text_of(citizen.get(where))
        assert "What does person 2 come for?" in page

        held = hold_places(
            citizen, renewal, slot_at(session, 14), people=2, also="PICKUP",
            matters_1=["RENEW"], matters_2=["RENEW", "PICKUP"],
        )  # fmt: skip
        confirm_all(citizen, held)

        assert [b.matter.code for b in in_order()] == ["RENEW", "RENEW", "PICKUP"]

    def test_somebody_comes_for_something(self, citizen, session, renewal, pickup):
        typed = answers(2, also="PICKUP", matters_1=["RENEW"])

        page = citizen.post(who_address(renewal, slot_at(session, 14)), typed)

        assert page.status_code == 400
        assert "Choose what this person comes for." in text_of(page)

    @pytest.mark.parametrize("also", ["NOTHING", "ALONE", "\x00", "RENEW", "<b>"])
    def test_strange_further_matters_are_not_asked_for(
        self, citizen, session, renewal, apart, also
    ):
        hold_places(citizen, renewal, slot_at(session, 14), also=also)

        assert [b.matter.code for b in in_order()] == ["RENEW"]

    def test_the_time_that_is_gone_keeps_them(self, citizen, session, renewal, pickup):
        slot = slot_at(session, 14)
        citizen.post(who_address(renewal, slot), answers(also="PICKUP"))
        session.slots.filter(pk=slot.pk).update(is_open=False)

        gone = citizen.get(who_address(renewal, slot))

        assert gone.status_code == 409
        assert "also=PICKUP" in text_of(gone)

    def test_what_was_typed_is_back_when_the_hold_is_over(
        self, citizen, session, renewal, pickup, monkeypatch
    ):
        held = hold_places(
            citizen, renewal, slot_at(session, 14), people=2, also="PICKUP",
            matters_1=["RENEW"], matters_2=["PICKUP"], needs_2=["time"],
        )  # fmt: skip
        monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(minutes=16))
        assert citizen.get(held.url).status_code == 409

        where = who_address(renewal, slot_at(session, 15)) + "?people=2&also=PICKUP"
        page = text_of(citizen.get(where))

        assert page.count('value="陈小宁"') == 2
        checked = re.findall(r'name="(\w+_2)" value="(\w+)"[^>]* checked', page)
        assert checked == [("matters_2", "PICKUP"), ("needs_2", "time")]


class TestAFamily:
    """A child under 16, a guardian, and more than one matter. # C11 C12 C27"""

    def typed(self, **changes):
        family = {"also": "FIRST_MINOR", "matters_1": ["RENEW"], "matters_2": ["FIRST_MINOR"]}
        family |= {"name_1": "陈大宁", "name_2": "陈小贝", "id_number_2": CHILD}
        return family | changes

    def test_a_guardian_who_is_booked_too_is_not_typed_twice(
        self, citizen, session, renewal, first_minor
    ):
        where = who_address(renewal, slot_at(session, 14))
        asked = citizen.post(where, answers(2, **self.typed()))

        assert asked.status_code == 400
        assert "Empty: the first adult of these people." in text_of(asked)
        held = hold_places(
            citizen, renewal, slot_at(session, 14), people=2, **self.typed(consent="on")
        )
        confirm_all(citizen, held)

        parent, child = in_order()
        assert (parent.matter.code, child.matter.code) == ("RENEW", "FIRST_MINOR")
        assert parent.guardian_sealed is None
        assert unseal(child.guardian_sealed, purpose="name") == "陈大宁"

    def test_a_guardian_who_only_comes_along_is_typed(self, citizen, session, renewal):
        typed = {"id_number_1": CHILD, "name_1": "陈小贝"}
        where = who_address(renewal, slot_at(session, 14))

        asked = text_of(citizen.post(where, answers(**typed)))
        assert "Enter the name of the guardian who comes along." in asked
        hold_places(
            citizen, renewal, slot_at(session, 14), **typed, guardian_1="陈大宁", consent="on"
        )

        assert Booking.objects.count() == 1

    def test_the_same_name_as_another_of_them_is_fine(self, citizen, session, renewal, first_minor):
        hold_places(
            citizen, renewal, slot_at(session, 14), people=2,
            **self.typed(consent="on", guardian_2="陈大宁"),
        )  # fmt: skip

        assert Booking.objects.count() == 2

    def test_four_people_with_a_child_and_a_chain_all_or_none(
        self, citizen, session, renewal, pickup, first_minor
    ):
        slot = slot_at(session, 14)
        taken = slot.minutes - 20
        session.slots.filter(pk__gt=slot.pk).update(online_taken=90)
        session.slots.filter(pk=slot.pk).update(online_taken=taken)
        family = {"also": ["PICKUP", "FIRST_MINOR"], "id_number_4": CHILD, "consent": "on"}
        family |= {"matters_1": ["RENEW", "PICKUP"], "matters_2": ["RENEW"]}
        family |= {"matters_3": ["PICKUP"], "matters_4": ["FIRST_MINOR"]}

        full = hold_places(citizen, renewal, slot, people=4, **family)
        assert full.status_code == 409
        assert Booking.objects.count() == 0
        session.slots.filter(pk=slot.pk).update(online_taken=taken - 10)
        held = citizen.post(who_address(renewal, slot), answers(4, **family))
        confirm_all(citizen, held)

        assert [b.matter.code for b in in_order()] == [
            "RENEW", "PICKUP", "RENEW", "PICKUP", "FIRST_MINOR",
        ]  # fmt: skip

    def test_an_age_that_does_not_fit_is_said_before_a_code_is_sent(
        self, citizen, session, renewal, first_minor
    ):
        typed = self.typed(matters_1=["RENEW", "FIRST_MINOR"], consent="on")

        page = citizen.post(who_address(renewal, slot_at(session, 14)), answers(2, **typed))

        assert page.status_code == 409
        assert "is not for a person of that age" in text_of(page)
