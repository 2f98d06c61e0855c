"""What one person saw or chose is gone for the next one. Row C15."""

import pytest

from queues.issuing import issue_walk_in
from tests.conftest import NOON
from tests.pages.kiosk.conftest import check_in_at

pytestmark = pytest.mark.django_db


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
