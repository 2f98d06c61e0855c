"""Tables in files: CSV as people's programs write it, and XLSX. Nothing of a file is trusted."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 60
ENCODINGS = ("utf-8-sig", "gb18030")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BINARY_FROM = b"PK\x03\x04"

Table = list[tuple[int, list[Any]]]  # the row's number in the file, its cells


class FileRefused(Refusal):
    field = "file"


class FileTooLarge(FileRefused):
    code = "file_too_large"
    message = _("The file is larger than 2 MB.")


class FileUnreadable(FileRefused):
    code = "file_unreadable"
    message = _("This is neither a CSV nor an XLSX file that can be read.")


class FileEmpty(FileRefused):
    code = "file_empty"
    message = _("The file has no rows below its headings.")


class FileTooLong(FileRefused):
    code = "file_too_long"
    message = _("The file has more than %(rows)s rows or %(columns)s columns.")


def read_table(content: bytes) -> Table:
    """The rows that say something, headings first. Refuses: FileRefused."""
    if len(content) > MOST_BYTES:
        raise FileTooLarge
    rows = _of_xlsx(content) if content.startswith(BINARY_FROM) else _of_csv(content)
    table: Table = []
    for number, cells in enumerate(rows, start=1):
        if len(table) > MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise FileTooLong(rows=MOST_ROWS, columns=MOST_COLUMNS)
        kept = [_cell(cell) for cell in cells]
        if any(cell not in ("", None) for cell in kept):
            table.append((number, kept))
    if len(table) < 2:
        raise FileEmpty
    return table


def _of_csv(content: bytes) -> Iterable[Sequence[Any]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        first = text.partition("\n")[0]
        marks = max(",;\t", key=first.count)
        try:
            return list(csv.reader(io.StringIO(text, newline=""), delimiter=marks, strict=True))
        except csv.Error as error:
            raise FileUnreadable from error
    raise FileUnreadable


def _of_xlsx(content: bytes) -> Iterable[Sequence[Any]]:
    """The first sheet's values; formulas as what they came to."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise FileTooLarge
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        most = {"max_row": MOST_ROWS + 2, "max_col": MOST_COLUMNS + 1}
        sheet.reset_dimensions()
        return [_trimmed(row) for row in sheet.iter_rows(values_only=True, **most)]
    except Refusal:
        raise
    except Exception as error:  # whatever a broken archive makes the library raise
        raise FileUnreadable from error


def _trimmed(row: Sequence[Any]) -> list[Any]:
    cells = list(row)
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _cell(cell: Any) -> Any:
    """Without blanks around it, and without the mark that keeps a text from being a formula."""
    if not isinstance(cell, str):
        return cell
    text = cell.strip().replace("\x00", "")
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA else text


def harmless(cell: Any) -> Any:
    """A text is never a formula, whatever it begins with; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_csv(rows: Iterable[Sequence[Any]]) -> bytes:
    """With a mark so that spreadsheets read the letters right."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(rows: Iterable[Sequence[Any]], title: str) -> bytes:
    """One sheet; every text a text."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([harmless(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_file(rows: Iterable[Sequence[Any]], kind: str, title: str) -> tuple[bytes, str]:
    """The table as a file of that kind, and what the file is."""
    if kind == "xlsx":
        return as_xlsx(rows, title), OFFICE
    return as_csv(rows), "text/csv; charset=utf-8"
