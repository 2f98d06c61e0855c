"""Which screens are a kiosk, and who makes them one. Row C15."""

import pytest

from queues.models import Ticket
from tests.conftest import NOON
from tests.pages.kiosk.conftest import text_of
from windows.access import DEVICE_COOKIE
from windows.models import DeviceToken

pytestmark = pytest.mark.django_db


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
