"""Files of halls, windows, matters, staff and plans; who brings them, and their rows' fates."""

from datetime import timedelta

import pytest

from tests.conftest import DAY, NOON, make_staff
from windows.importing.files import as_csv
from windows.importing.resources import Scope
from windows.importing.taking_in import RESOURCES, keep_draft, look, take_in


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
