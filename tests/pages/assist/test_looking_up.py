"""Looking up, moving and cancelling somebody's visit. # C12"""

import re

import pytest

from appointments.assisting import book_for
from appointments.attending import Attendee
from appointments.models import Booking
from tests.conftest import (
    DAY,
    NOON,
    an_id,
    slot_at,
)
from tests.pages.assist.conftest import look
from tests.pages.reading import key_of
from tests.pages.test_desk import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestLookingUp:
    @pytest.fixture
    def booked(self, kept, renewal, pickup, guide):
        people = [Attendee("陈小宁", an_id(1), matters=(renewal, pickup))]
        slot = slot_at(kept, 14)
        return book_for(
            slot_id=slot.pk, matter=renewal, people=people, phone=None, by=guide, now=NOON
        )

    def test_shows_the_visit_masked_and_journals_the_look(self, at_work, booked, agent):
        page = text_of(look(at_work))

        assert "陈*宁" in page
        assert "Renew" in page
        assert an_id(1).number not in page
        seen = booked[0].events.get(kind="seen")
        assert seen.by == agent

    def test_by_the_number_of_the_slip(self, at_work, booked):
        assert booked[0].reference in text_of(look(at_work, said=booked[1].reference))

    def test_nothing_booked_leads_to_a_new_booking(self, at_work, kept):
        assert "Nothing is booked for this person" in text_of(look(at_work))

    def test_another_name_is_kept_from_the_phone_and_shown_to_the_guide(
        self, at_work, booked, browser_of, guide
    ):
        refused = look(at_work, name="王二")
        shown = text_of(look(browser_of(guide), name="王二"))

        assert refused.status_code == 409
        assert booked[0].reference not in text_of(refused)
        assert "The booking has another name" in shown

    def test_no_booking_opens_without_a_look(self, at_work, booked):
        assert at_work.get(f"/floor/assist/b/{booked[0].reference}/").status_code == 404
        assert at_work.get(f"/floor/assist/slip/{booked[0].group_id}/").status_code == 404

    def test_the_visit_is_moved_with_one_press(self, at_work, booked, kept, agent):
        look(at_work)
        here = f"/floor/assist/b/{booked[0].reference}/"
        page = at_work.get(f"{here}?hall=H01&day={DAY}")
        to = slot_at(kept, 15)
        assert f'value="{to.pk}"' in page.content.decode()

        moved = at_work.post(here, {"key": key_of(page), "slot": to.pk})

        assert set(Booking.objects.values_list("slot", flat=True)) == {to.pk}
        assert Booking.objects.first().events.get(kind="moved").by == agent
        assert "15:00" in text_of(at_work.get(moved.url))

    def test_the_visit_is_cancelled_with_one_press(self, at_work, booked):
        look(at_work)
        here = f"/floor/assist/b/{booked[0].reference}/"
        page = at_work.get(here)

        at_work.post(here, {"key": key_of(page), "action": "cancel"})

        assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
        assert "can no longer be changed" in text_of(at_work.get(here))

    def test_a_full_time_is_refused_and_the_old_one_stands(self, at_work, booked, kept):
        look(at_work)
        to = slot_at(kept, 15)
        kept.slots.filter(pk__gte=to.pk).update(assisted_taken=12)
        here = f"/floor/assist/b/{booked[0].reference}/"

        page = at_work.post(here, {"key": "k", "slot": to.pk})

        assert page.status_code == 409
        assert set(Booking.objects.values_list("slot", flat=True)) == {slot_at(kept, 14).pk}

    @pytest.mark.parametrize("sent", [{}, {"action": "x"}, {"slot": "x"}])
    def test_other_presses_are_malformed(self, at_work, booked, sent):
        look(at_work)

        answer = at_work.post(f"/floor/assist/b/{booked[0].reference}/", {"key": "k", **sent})

        assert answer.status_code == 400

    @pytest.mark.parametrize(
        ("name", "said"), [("", "x"), ("1", "1"), ("陈小宁", ""), ("陈小宁", "?")]
    )
    def test_what_cannot_be_meant_is_told(self, at_work, kept, name, said):
        answer = at_work.post("/floor/assist/look/", {"name": name, "said": said})

        assert answer.status_code == 400
        assert re.search(r'id="id_\w+_error"', answer.content.decode())
