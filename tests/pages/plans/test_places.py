"""More places on days that are open already, and back. C2 C10"""

import pytest

from tests.conftest import make_session
from tests.pages.plans.conftest import FRIDAY, hidden, wrong
from tests.pages.reading import words_of
from windows.models import HallSession, SessionChange, Slot

pytestmark = pytest.mark.django_db


class TestPlaces:
    def asked(self, renewal, **more) -> dict:
        return {
            "hall": "H01", "key": "k", "matter": renewal.pk, "places": "10", "channel": "walkin",
            "first": "2027-03-05", "last": "2027-03-12", "pattern": "workdays",
            "in_halls": ["H01"], **more,
        }  # fmt: skip

    @pytest.fixture
    def friday(self, hall, windows) -> HallSession:
        return make_session(hall, windows, day=FRIDAY, online=60)

    def add(self, boss, asked):
        expect = hidden(boss.post("/supervise/places/", asked), "expect")
        return boss.post("/supervise/places/", asked | {"do": "1", "expect": expect}, follow=True)

    def test_minutes_grow_and_go_again(self, boss, friday, renewal):
        done = self.add(boss, self.asked(renewal))

        assert "1 session has more places." in words_of(done)
        total = sum(friday.slots.values_list("minutes", flat=True))
        assert total == 16 * 90 + 10 * 6
        friday.refresh_from_db()
        assert friday.is_by_hand
        back = boss.post(done.request["PATH_INFO"] + "undo/", {"key": "u"}, follow=True)
        assert "taken back" in words_of(back)
        friday.refresh_from_db()
        assert not friday.is_by_hand
        assert set(friday.slots.values_list("minutes", "walkin_quota")) == {(90, 30)}
        assert SessionChange.objects.get().undone_by.username == "supervisor"

    def test_places_that_somebody_has_stay(self, boss, friday, renewal):
        done = self.add(boss, self.asked(renewal, channel="online"))
        grown = friday.slots.filter(minutes__gt=90).first()
        Slot.objects.filter(pk=grown.pk).update(online_taken=grown.online_quota)

        back = boss.post(done.request["PATH_INFO"] + "undo/", {"key": "u"})

        assert back.status_code == 409
        assert "Somebody has booked one of these places" in words_of(back)
        assert SessionChange.objects.get().undone_at is None
        Slot.objects.update(online_taken=0)

    def test_what_does_not_fit_is_left_out_with_its_most(self, boss, friday, renewal):
        seen = boss.post("/supervise/places/", self.asked(renewal, places="100"))

        assert "there is room for 48 more at most" in words_of(seen)  # 16 slots, 3 places each
        assert not hidden(seen, "expect")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"places": "0"}, "places"),
            ({"places": "-5"}, "places"),
            ({"places": "1000000"}, "places"),
            ({"last": "2027-03-01"}, "last"),
            ({"first": "2027-03-08"}, "first"),
            ({"channel": "nonsense"}, "channel"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, friday, renewal, change, field):
        assert wrong(boss.post("/supervise/places/", self.asked(renewal, **change))) == {field}
        assert set(friday.slots.values_list("minutes", flat=True)) == {90}
