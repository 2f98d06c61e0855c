"""Files as people's programs write them, and what is no table at all. C10 C27"""

import io

import openpyxl
import pytest
from django.utils import translation

from config.refusals import NotFound
from tests.conftest import NOON
from tests.integration.windows.importing.conftest import a_hall, taken
from windows.importing.files import FileEmpty, FileTooLarge, FileTooLong, FileUnreadable, as_file
from windows.importing.resources import Scope
from windows.importing.taking_in import (
    RESOURCES,
    MissingColumns,
    UnknownColumns,
    exported,
    look,
)
from windows.models import Hall

pytestmark = pytest.mark.django_db


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
