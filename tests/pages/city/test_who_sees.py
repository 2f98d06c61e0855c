"""Who sees which halls on one page, and who may open from there. # C5 C35"""

import pytest

from tests.conftest import make_staff
from tests.pages.city.conftest import CITY, searched, text_of
from tests.pages.reading import signed_in
from windows.models import Hall, StaffRole

pytestmark = pytest.mark.django_db


class TestWhoSeesWhat:
    @pytest.fixture
    def three(self, hall, other_hall, windows):
        """Two halls of one district and one of another."""
        third = Hall.objects.create(
            code="H03", name_zh="第三办证大厅", name_en="Third Hall", district_zh="禾塘区",
            district_en="Hetang", address_zh="路",
        )  # fmt: skip
        return hall, other_hall, third

    def seen(self, client) -> set[str]:
        page = text_of(client.get(CITY))
        return {name for name in ("Hetang", "Guilan", "Third") if f"{name} Hall" in page}

    def test_a_supervisor_sees_the_own_hall_only(self, boss, three):
        assert self.seen(boss) == {"Hetang"}

    def test_a_district_its_own_halls(self, three):
        staff = make_staff("district", None, "supervisor")
        StaffRole.objects.filter(staff=staff).update(district="禾塘区")

        assert self.seen(signed_in(staff)) == {"Hetang", "Third"}

    def test_so_does_a_viewer_who_is_led_to_the_hours_of_a_day(self, three, session):
        staff = make_staff("viewer", None, "viewer")
        StaffRole.objects.filter(staff=staff).update(district="禾塘区")
        viewer = signed_in(staff)

        assert self.seen(viewer) == {"Hetang", "Third"}
        page = text_of(viewer.get(CITY))
        assert "/supervise/open/" not in page
        assert "/supervise/charts/?hall=H01&amp;first=2027-03-04&amp;last=2027-03-04" in page

    def test_the_city_all(self, admin, three):
        assert self.seen(admin) == {"Hetang", "Guilan", "Third"}

    def test_a_closed_hall_is_left_out(self, admin, three):
        Hall.objects.filter(code="H03").update(is_open=False)

        assert self.seen(admin) == {"Hetang", "Guilan"}

    def test_who_only_reads_has_no_way_to_open(self, three, session, renewal):
        searched(three[0], renewal, 24)
        reader = signed_in(make_staff("reader", None, "auditor"))

        page = text_of(reader.get(CITY))

        assert "24 searches in vain" in page
        assert "/supervise/open/" not in page

    def test_of_two_halls_one_is_mine(self, three, session):
        staff = make_staff("both", None, "auditor")
        StaffRole.objects.create(staff=staff, hall=three[0], role="supervisor")

        page = text_of(signed_in(staff).get(CITY))

        assert "/supervise/open/?hall=H01" in page
        assert "/supervise/open/?hall=H02" not in page

    @pytest.mark.parametrize("role", ["clerk", "guide", "agent"])
    def test_others_see_nothing(self, hall, role):
        assert signed_in(make_staff(role, hall, role)).get(CITY).status_code == 403

    @pytest.mark.parametrize("district", ["桂澜区", "%00", "nothing", "'; DROP TABLE"])
    def test_a_district_of_others_shows_the_own_halls(self, boss, three, district):
        answer = boss.get(CITY, {"district": district})

        assert answer.status_code == 200
        assert "Hetang Hall" in text_of(answer)
        assert "Guilan" not in text_of(answer)
