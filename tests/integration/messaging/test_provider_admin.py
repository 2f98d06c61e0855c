"""Providers in the administration. C18.

Every guard is proved to bite: the mutant named in the docstring turns the test red.
"""

from datetime import timedelta

import pytest
from django.test import Client

from appointments.models import Message, MessageProvider
from config import civil
from windows.models import Staff

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Message.State


class TestAdministration:
    """Rank, price and caps are changed by who administers; what is counted is not."""

    @pytest.fixture
    def office(self, db) -> Client:
        client = Client()
        client.force_login(Staff.objects.create_superuser("root", password="x"))
        return client

    def change(self, office: Client, row: MessageProvider, **values):
        told = {"is_on": "on", "rank": 1, "per_second": 20, "daily_cap": 100, "cost_mil": 45}
        page = f"/admin/appointments/messageprovider/{row.pk}/change/"
        return office.post(page, told | values, headers={"accept-language": "en"})

    def test_a_provider_is_changed(self, office, settled):
        row = settled("one")

        assert self.change(office, row, rank=3).status_code == 302

        row.refresh_from_db()
        assert (row.rank, row.daily_cap, row.cost_mil) == (3, 100, 45)

    def test_what_is_taken_meanwhile_stays_counted(self, office, settled, monkeypatch):
        """Mutant: `obj.save()` writes back the count that was there when the page was read."""
        row = settled("one", taken=5, counted_on=civil.city_date(civil.now()))
        clean = MessageProvider.full_clean

        def clean_slowly(self, *args, **kwargs):
            MessageProvider.objects.update(taken=25)
            return clean(self, *args, **kwargs)

        monkeypatch.setattr(MessageProvider, "full_clean", clean_slowly)
        self.change(office, row)

        assert settled("one").taken == 25

    def test_a_cap_below_what_is_gone_is_refused_in_words(self, office, settled):
        row = settled("one", taken=50, counted_on=civil.city_date(civil.now()))

        page = self.change(office, row, daily_cap=49)

        assert page.status_code == 200
        assert "has taken 50 messages today" in page.content.decode()
        assert settled("one").daily_cap == 100_000

    @pytest.mark.parametrize("rate", ["0", "-1", "nan", "x"])
    def test_a_rate_that_would_stop_everything_is_refused(self, rate, office, settled):
        row = settled("one")

        assert self.change(office, row, per_second=rate).status_code == 200
        assert settled("one").per_second == 20

    def test_none_is_made_or_deleted_by_hand(self, office, settled):
        row = settled("one")

        assert office.get("/admin/appointments/messageprovider/add/").status_code == 403
        gone = office.post(f"/admin/appointments/messageprovider/{row.pk}/delete/", {"post": "yes"})
        assert gone.status_code == 403
