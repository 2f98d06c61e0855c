"""Walk-in numbers at the kiosk, and the paper with them. Rows C7, C15."""

from datetime import timedelta

import pytest

from queues.models import Paper, Ticket
from tests.conftest import DAY, NOON, make_session
from tests.pages.kiosk.conftest import check_in_at, text_of
from windows.models import DeviceToken

pytestmark = pytest.mark.django_db


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
