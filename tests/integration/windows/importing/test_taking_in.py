"""Each row's fate is told first, then all of a file is written or nothing, once.
C10 C27"""

from datetime import timedelta

import pytest
from django.utils import translation

from tests.conftest import NOON, make_staff, race
from tests.integration.windows.importing.conftest import (
    ROWS,
    a_file,
    a_hall,
    a_window,
    fates,
    taken,
)
from windows.importing.drafts import old_drafts
from windows.importing.files import as_file
from windows.importing.resources import Scope
from windows.importing.taking_in import (
    RESOURCES,
    FaresOtherwise,
    RowsWrong,
    TakenInAlready,
    exported,
    keep_draft,
    look,
    take_in,
)
from windows.models import Hall, ImportDraft, Matter, Staff, StaffRole, WeeklyPlan, Window

pytestmark = pytest.mark.django_db


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
