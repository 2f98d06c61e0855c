"""What a row may say of a hall, a window, a matter, a person, a plan. C10 C27"""

from datetime import date, timedelta

import pytest

from config.refusals import NotAllowed
from tests.conftest import DAY, make_staff
from tests.integration.windows.importing.conftest import (
    a_file,
    a_hall,
    a_matter,
    a_person,
    a_plan,
    a_window,
    fates,
    said,
    taken,
)
from windows.importing.taking_in import RESOURCES, exported, look
from windows.models import Staff, StaffRole, WeeklyPlan

pytestmark = pytest.mark.django_db


class TestHalls:
    def test_changes_are_told_by_column(self, city, hall):
        row = dict(zip(RESOURCES["halls"](city).columns(), exported("halls", scope=city)[1],
                       strict=True))  # fmt: skip
        report = look("halls", a_file("halls", {**row, "phone": "0757-1"}, scope=city), scope=city)

        assert report.rows[0].fate == "changed"
        assert report.rows[0].changes == [("Phone", "", "0757-1")]
        assert (report.rows[0].number, report.rows[0].name) == (2, "H01")

    @pytest.mark.parametrize(
        ("wrong", "column", "words"),
        [
            ({"code": ""}, "Code", "This must be filled in."),
            ({"name_zh": ""}, "Name in Chinese", "This must be filled in."),
            ({"latitude": "north"}, "Latitude", "Enter degrees from −90 to 90."),
            ({"longitude": "181"}, "Longitude", "Enter degrees from −180 to 180."),
            ({"latitude": "NaN"}, "Latitude", "Enter degrees from −90 to 90."),
            ({"is_open": "maybe"}, "Open to the public", "Enter yes or no."),
            ({"name_en": "x" * 81}, "Name in English", "at most 80 characters"),
        ],
    )
    def test_what_is_wrong_is_told_by_column(self, city, wrong, column, words):
        errors = said("halls", a_hall(**wrong), scope=city)

        assert [name for name, _text in errors] == [column]
        assert words in errors[0][1]

    def test_a_supervisor_corrects_the_own_hall_only(self, own, hall):
        row = dict(zip(RESOURCES["halls"](own).columns(), exported("halls", scope=own)[1],
                       strict=True))  # fmt: skip

        assert fates("halls", {**row, "phone": "1"}, scope=own) == ["changed"]
        assert fates("halls", a_hall(), a_hall(code="H02"), scope=own) == ["wrong", "wrong"]
        assert (
            said("halls", {**row, "district_zh": "桂澜区"}, scope=own)[0][0]
            == "District in Chinese"
        )


class TestWindows:
    def test_matters_are_read_and_replaced(self, city, windows, renewal, pickup):
        taken("windows", a_window(number="3", matters="PICKUP"), scope=city)

        assert list(windows[2].matters.all()) == [pickup]

    @pytest.mark.parametrize(
        ("wrong", "column", "words"),
        [
            ({"hall": "H99"}, "Hall", "no hall of yours with the code H99"),
            ({"number": "0"}, "Window", "from 1 to 999"),
            ({"number": "1.5"}, "Window", "from 1 to 999"),
            ({"number": "-3"}, "Window", "from 1 to 999"),
            ({"number": "inf"}, "Window", "from 1 to 999"),
            ({"matters": "RENEW, WEDDING"}, "Matters", "Not known: WEDDING."),
        ],
    )
    def test_what_is_wrong_is_told_by_column(self, city, windows, wrong, column, words):
        (error,) = said("windows", a_window(**wrong), scope=city)

        assert error[0] == column
        assert words in error[1]

    def test_another_halls_windows_are_not_mine(self, own, windows):
        assert fates("windows", a_window(), a_window(hall="H02"), scope=own) == ["new", "wrong"]


class TestMatters:
    def test_are_the_citys(self, own):
        with pytest.raises(NotAllowed):
            look("matters", a_file("matters", a_matter(), scope=own), scope=own)

    @pytest.mark.parametrize(
        ("wrong", "column"),
        [({"minutes": "0"}, "Minutes"), ({"minutes": "121"}, "Minutes"), ({"prefix": "7"},
         "Letter of its numbers"), ({"min_age": "18", "max_age": "16"}, "To age")],
    )  # fmt: skip
    def test_what_is_wrong_is_told_by_column(self, city, wrong, column):
        assert [name for name, _ in said("matters", a_matter(**wrong), scope=city)] == [column]


class TestStaff:
    def test_who_is_new_has_no_password(self, own, hall):
        taken("staff", a_person(), scope=own)

        person = Staff.objects.get(username="liu.yang")
        assert not person.has_usable_password()
        assert (person.display_name, person.is_staff, person.is_superuser) == ("刘洋", False, False)
        assert person.roles.get().hall == hall

    def test_one_person_may_have_several_roles(self, city):
        taken("staff", a_person(), a_person(role="业务引导员"), a_person(hall="", district="禾塘区",
              role="supervisor"), scope=city)  # fmt: skip

        assert StaffRole.objects.filter(staff__username="liu.yang").count() == 3

    @pytest.mark.parametrize(
        ("wrong", "column"),
        [
            ({"role": "king"}, "Role"), ({"role": "admin"}, "Role"),
            ({"role": "supervisor"}, "Role"),
            ({"role": "auditor"}, "Role"), ({"hall": "H02"}, "Hall"), ({"hall": ""}, "Hall"),
            ({"hall": "", "district": "禾塘区"}, "Hall"),
            ({"district": "禾塘区"}, "District in Chinese"),
            ({"username": "a b"}, "User name"), ({"username": ""}, "User name"),
            ({"username": "x" * 151}, "User name"), ({"username": "city"}, "User name"),
            ({"username": "supervisor", "is_active": "no"}, "User name"),
        ],
    )  # fmt: skip
    def test_a_hall_gives_no_more_than_a_halls_rights(self, city, own, wrong, column):
        errors = said("staff", a_person(**wrong), scope=own)

        assert [name for name, _text in errors] == [column]
        assert not StaffRole.objects.filter(staff__username="liu.yang").exists()

    def test_nobody_shuts_themselves_out(self, city):
        row = a_person(username="city", role="admin", hall="", is_active="no")

        assert said("staff", row, scope=city) == [("May sign in", "You cannot shut yourself out.")]

    def test_nobody_is_taken_from_another_hall(self, own, other_hall):
        make_staff("theirs", other_hall, "clerk")

        assert said("staff", a_person(username="theirs"), scope=own)[0][0] == "User name"

    def test_an_export_names_ones_own_people_and_no_secret(self, own, clerk):
        rows = exported("staff", scope=own)

        assert {row[0] for row in rows[1:]} == {"clerk", "supervisor"}
        assert "pbkdf2" not in repr(rows)
        assert "password" not in repr(rows[0]).casefold()


class TestPlans:
    def test_a_plan_with_a_number_is_changed_from_its_day_on(self, own, windows, hall):
        taken("plans", a_plan(), scope=own)
        plan = WeeklyPlan.objects.get()
        later = str(DAY + timedelta(days=21))

        report = taken("plans", a_plan(plan=plan.pk, closes="22:00", valid_from=later), scope=own)

        assert report.rows[0].changes[0] == ("Closes at", "21:30", "22:00")
        plan.refresh_from_db()
        assert plan.valid_until == date.fromisoformat(later) - timedelta(days=1)
        assert WeeklyPlan.objects.latest("pk").closes.hour == 22

    @pytest.mark.parametrize(
        ("wrong", "column"),
        [
            ({"closes": "18:30"}, "Closes at"), ({"opens": "25:00"}, "Opens at"),
            ({"weekdays": "8"}, "Weekdays, 1 to 7"), ({"weekdays": ""}, "Weekdays, 1 to 7"),
            ({"windows": "9"}, "Windows"), ({"windows": "many"}, "Windows"),
            ({"valid_from": "2020-01-01"}, "First day"), ({"valid_from": "soon"}, "First day"),
            ({"valid_until": str(DAY)}, "Last day"), ({"slot_minutes": "5"}, "Minutes of a time"),
            ({"slot_minutes": "-30"}, "Minutes of a time"), ({"plan": "77"}, "Number of the plan"),
            ({"hall": "H02"}, "Hall"), ({"walkin_percent": "101"}, "Walk-ins, percent"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_told_by_column(self, own, windows, wrong, column):
        assert [name for name, _ in said("plans", a_plan(**wrong), scope=own)] == [column]

    def test_two_plans_of_a_file_that_meet_are_told(self, own, windows):
        assert fates("plans", a_plan(), a_plan(opens="20:00"), scope=own) == ["new", "wrong"]

    def test_it_may_close_the_next_morning(self, own, windows):
        assert fates("plans", a_plan(closes="00:30"), scope=own) == ["new"]
