"""Files that come in: each row's fate is told first, then all of it is written or nothing.
C10 C27"""

import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.utils import translation

from config.refusals import NotAllowed, NotFound
from tests.conftest import DAY, NOON, make_staff, race
from windows.importing.drafts import old_drafts
from windows.importing.files import FileEmpty, FileTooLarge, FileTooLong, FileUnreadable, as_csv
from windows.importing.resources import Scope
from windows.importing.taking_in import (
    RESOURCES,
    FaresOtherwise,
    MissingColumns,
    RowsWrong,
    TakenInAlready,
    UnknownColumns,
    as_file,
    exported,
    keep_draft,
    look,
    take_in,
)
from windows.models import Hall, ImportDraft, Matter, Staff, StaffRole, WeeklyPlan, Window

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(hall, other_hall) -> Scope:
    admin = make_staff("city", None, "admin")
    return Scope(admin, NOON, True, {"H01": hall, "H02": other_hall})


@pytest.fixture
def own(hall, other_hall, supervisor) -> Scope:
    return Scope(supervisor, NOON, False, {"H01": hall})


def a_file(what: str, *rows: dict, scope: Scope, **changes) -> bytes:
    """A CSV with the resource's headings; what a row leaves out is empty."""
    labels = RESOURCES[what](scope).labels()
    return as_csv(
        [list(labels.values()), *[[row.get(name, "") for name in labels] for row in rows]]
    )


def fates(what: str, *rows: dict, scope: Scope) -> list[str]:
    return [row.fate for row in look(what, a_file(what, *rows, scope=scope), scope=scope).rows]


def said(what: str, row: dict, *, scope: Scope) -> list[tuple[str, str]]:
    """What is wrong with the row, by column."""
    return look(what, a_file(what, row, scope=scope), scope=scope).rows[0].errors


def taken(what: str, *rows: dict, scope: Scope):
    content = a_file(what, *rows, scope=scope)
    draft = keep_draft(what, "file.csv", content, scope=scope)
    return take_in(draft, seen=look(what, content, scope=scope).seal, scope=scope)


def a_hall(**changes) -> dict:
    return {
        "code": "h07", "name_zh": "新桥办证大厅", "name_en": "Xinqiao Hall",
        "district_zh": "禾塘区", "district_en": "Hetang", "address_zh": "新桥路 1 号",
        "latitude": "23.02114",
        "longitude": 113.1, "is_open": "是", **changes,
    }  # fmt: skip


def a_window(**changes) -> dict:
    return {"hall": "H01", "number": "7", "matters": "renew、PICKUP", "is_accessible": "no",
            "is_in_use": "yes", **changes}  # fmt: skip


def a_matter(**changes) -> dict:
    return {
        "code": "NEWBORN", "prefix": "n", "name_zh": "新生儿", "name_en": "Newborn",
        "summary_zh": "首次", "summary_en": "First", "minutes": "15", "is_offered": "yes",
        "needs_guardian": "yes", **changes,
    }  # fmt: skip


def a_person(**changes) -> dict:
    return {"username": "liu.yang", "display_name": "刘洋", "role": "Window clerk", "hall": "H01",
            "is_active": "yes", **changes}  # fmt: skip


def a_plan(**changes) -> dict:
    return {
        "hall": "H01", "kind": "night", "weekdays": "2,4", "opens": "18:30", "closes": "21:30",
        "windows": "1, 2", "valid_from": str(DAY + timedelta(days=7)), **changes,
    }  # fmt: skip


ROWS = {
    "halls": a_hall,
    "windows": a_window,
    "matters": a_matter,
    "staff": a_person,
    "plans": a_plan,
}


class TestEach:
    """What holds of all five."""

    @pytest.mark.parametrize("what", ROWS)
    def test_a_new_row_is_told_and_then_written(self, what, city, windows):
        row = ROWS[what]()
        models = {"halls": Hall, "windows": Window, "matters": Matter, "staff": StaffRole,
                  "plans": WeeklyPlan}  # fmt: skip
        before = models[what].objects.count()

        assert fates(what, row, scope=city) == ["new"]
        assert models[what].objects.count() == before

        assert taken(what, row, scope=city).count("new") == 1
        assert models[what].objects.count() == before + 1

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("what", ROWS)
    def test_what_goes_out_comes_in_as_it_is(self, what, kind, language, city, windows, clerk):
        for made in ("windows", "plans"):
            taken(made, ROWS[made](), scope=city)

        with translation.override(language):
            content, _type = as_file(exported(what, scope=city), kind, "x")
        report = look(what, content, scope=city)

        assert report.rows
        assert {(row.fate, tuple(row.errors)) for row in report.rows} == {("same", ())}

    @pytest.mark.parametrize("what", ROWS)
    def test_one_wrong_row_keeps_all_out(self, what, city, windows):
        row = ROWS[what]()
        content = a_file(what, row, {**row, RESOURCES[what].keys[0]: "no such thing?"}, scope=city)
        before = [list(one.objects.order_by("pk").values()) for one in (Hall, Window, Staff)]
        draft = keep_draft(what, "x.csv", content, scope=city)

        if what in ("halls", "matters", "staff"):  # a name is a name: break another cell
            content = a_file(what, row, {**row, "code": "", "username": ""}, scope=city)
            draft = keep_draft(what, "x.csv", content, scope=city)
        with pytest.raises(RowsWrong):
            take_in(draft, seen=look(what, content, scope=city).seal, scope=city)

        assert [
            list(one.objects.order_by("pk").values()) for one in (Hall, Window, Staff)
        ] == before
        assert not WeeklyPlan.objects.exists()
        assert ImportDraft.objects.filter(applied_at=None).count() == ImportDraft.objects.count()

    def test_a_row_that_stands_twice_is_told(self, city, windows):
        assert fates("windows", a_window(), a_window(matters=""), scope=city) == ["new", "wrong"]


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


class TestFile:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    def test_is_read_as_peoples_programs_write_it(self, city, encoding, mark, windows):
        with translation.override("zh-hans"):
            heads = mark.join(RESOURCES["windows"](city).labels().values())
        content = f"{heads}\r\nH01{mark}9{mark}RENEW{mark}是{mark}是\r\n\r\n".encode(encoding)

        assert [row.fate for row in look("windows", content, scope=city).rows] == ["new"]

    def test_a_spreadsheet_gives_its_values(self, city, windows):
        book = openpyxl.Workbook()
        book.active.append(list(RESOURCES["windows"](city).labels().values()))
        book.active.append(["H01", 9.0, "RENEW", True, False])
        book.active.append([None] * 5)
        out = io.BytesIO()
        book.save(out)

        assert [row.fate for row in look("windows", out.getvalue(), scope=city).rows] == ["new"]

    @pytest.mark.parametrize(
        ("content", "refused"),
        [
            (b"", FileEmpty), (b"code\n", FileEmpty), (b"PK\x03\x04 no archive", FileUnreadable),
            (b"\xff\xfe\x00\x01", FileUnreadable), (b"a,b\x00\n1,2", FileUnreadable),
            (b"x" * (2 * 1024 * 1024 + 1), FileTooLarge), (b"a\n" * 5002, FileTooLong),
            (b"," * 61 + b"x\ny\n", FileTooLong), (b"code,wedding\nH01,x\n", UnknownColumns),
            (b"code,code\nH01,H02\n", MissingColumns), (b"code\nH01\n", MissingColumns),
        ],
    )  # fmt: skip
    def test_what_cannot_be_a_table_is_refused_in_words(self, city, content, refused):
        with pytest.raises(refused):
            look("halls", content, scope=city)

    def test_a_formula_stays_a_text_on_its_way_out_and_back(self, city):
        taken("halls", a_hall(name_en="=HYPERLINK(1)", phone="+86 757"), scope=city)
        made = Hall.objects.get(code="H07")
        assert made.name_en == "=HYPERLINK(1)"
        city = Scope(city.by, NOON, True, {"H07": made})

        content, _type = as_file(exported("halls", scope=city), "csv", "x")
        book, _type = as_file(exported("halls", scope=city), "xlsx", "x")

        assert b"'=HYPERLINK(1)" in content
        assert b",'+86 757" in content
        cells = [c.value for row in openpyxl.load_workbook(io.BytesIO(book)).active for c in row]
        assert "'=HYPERLINK(1)" in cells
        assert {row.fate for row in look("halls", content, scope=city).rows} == {"same"}

    def test_nobody_imports_what_is_not_there(self, city):
        with pytest.raises(NotFound):
            look("bookings", b"a\nb\n", scope=city)


class TestDraft:
    def test_is_taken_in_once(self, city):
        content = a_file("halls", a_hall(), scope=city)
        draft = keep_draft("halls", "x.csv", content, scope=city)
        seal = look("halls", content, scope=city).seal
        take_in(draft, seen=seal, scope=city)

        with pytest.raises(TakenInAlready):
            take_in(draft, seen=seal, scope=city)

    def test_what_would_fare_otherwise_than_seen_is_not_taken_in(self, city):
        content = a_file("halls", a_hall(), scope=city)
        draft = keep_draft("halls", "x.csv", content, scope=city)
        seal = look("halls", content, scope=city).seal
        taken("halls", a_hall(name_zh="别的"), scope=city)

        with pytest.raises(FaresOtherwise):
            take_in(draft, seen=seal, scope=city)
        assert Hall.objects.get(code="H07").name_zh == "别的"

    def test_is_forgotten_after_a_day(self, city):
        keep_draft("halls", "x.csv", b"x", scope=city)

        assert old_drafts(now=NOON + timedelta(hours=23)).count() == 0
        assert old_drafts(now=NOON + timedelta(hours=25)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_confirmed_by_two_tabs_at_once_is_taken_in_once(transactional_db, hall, other_hall):
    admin = make_staff("city", None, "admin")
    scope = Scope(admin, NOON, True, {"H01": hall})
    content = a_file("halls", a_hall(), scope=scope)
    draft = keep_draft("halls", "x.csv", content, scope=scope)
    seal = look("halls", content, scope=scope).seal

    outcomes = race(*[lambda: take_in(draft, seen=seal, scope=scope)] * 4)

    assert outcomes.count(TakenInAlready) == 3
    assert Hall.objects.filter(code="H07").count() == 1
