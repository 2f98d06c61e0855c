"""Taking a file in: look at every row first, then all of it or nothing.

Looking runs the same writing and takes it back, so that a row's fate is what it would be. The
confirmation names what was seen; when the rows would fare otherwise by then, nothing is taken.
"""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import NotAllowed, NotFound, Refusal
from windows.importing.cells import in_all_languages
from windows.importing.files import FileRefused, Table, read_table
from windows.importing.people import StaffRows
from windows.importing.planned import PlanRows
from windows.importing.resources import HallRows, MatterRows, Rows, Scope, WindowRows
from windows.models import ImportDraft

RESOURCES: dict[str, type[Rows]] = {
    rows.what: rows for rows in (HallRows, WindowRows, MatterRows, StaffRows, PlanRows)
}
NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"


class UnknownColumns(FileRefused):
    code = "unknown_columns"
    message = _("These columns are not known: %(columns)s. Take the headings of the template.")


class MissingColumns(FileRefused):
    code = "missing_columns"
    message = _("These columns are missing: %(columns)s.")


class RowsWrong(Refusal):
    code = "rows_wrong"
    message = _("Nothing was taken in: there are rows to be corrected first.")


class FaresOtherwise(Refusal):
    code = "fares_otherwise"
    message = _("Something has changed since you looked. Look again before you take it in.")


class TakenInAlready(Refusal):
    code = "taken_in_already"
    message = _("This file has been taken in already.")


@dataclass(frozen=True)
class RowFate:
    """One row: its number in the file, what becomes of it, what changes, what is wrong."""

    number: int
    name: str
    fate: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # column, before, after
    errors: list[tuple[str, str]] = field(default_factory=list)  # column or "", words


@dataclass(frozen=True)
class Report:
    """What a file does, or did."""

    what: str
    rows: list[RowFate]

    def count(self, fate: str) -> int:
        return sum(row.fate == fate for row in self.rows)

    @property
    def is_good(self) -> bool:
        return not self.count(WRONG)

    @property
    def seal(self) -> str:
        """The same for the same fates, in any language."""
        told = [(row.number, row.fate, len(row.changes)) for row in self.rows]
        return hashlib.sha256(repr((self.what, told)).encode()).hexdigest()[:24]


def kinds(scope: Scope) -> dict[str, type[Rows]]:
    """What there is to take in: the supply, and what the apps above brought along."""
    return RESOURCES | dict(scope.more)


def resource_for(what: str, scope: Scope) -> Rows:
    """Raises NotFound for what nobody imports, NotAllowed for what is the city's."""
    kind = kinds(scope).get(what)
    if kind is None:
        raise NotFound
    if not kind.is_for(scope):
        raise NotAllowed
    return kind(scope)


def look(what: str, content: bytes, *, scope: Scope) -> Report:
    """Every row's fate; nothing stays written. Refuses: FileRefused."""
    with transaction.atomic():
        report = _run(what, content, scope)
        transaction.set_rollback(True)
    return report


@transaction.atomic
def take_in(draft: ImportDraft, *, seen: str, scope: Scope) -> Report:
    """The draft's rows stand, all of them. Refuses: TakenInAlready, RowsWrong, FaresOtherwise."""
    locked = ImportDraft.objects.select_for_update().get(pk=draft.pk)
    if locked.applied_at is not None:
        raise TakenInAlready
    report = _run(locked.what, bytes(locked.content), scope)
    if not report.is_good:
        raise RowsWrong
    if report.seal != seen:
        raise FaresOtherwise
    locked.applied_at = scope.now
    locked.save(update_fields=["applied_at"])
    return report


def keep_draft(what: str, name: str, content: bytes, *, scope: Scope) -> ImportDraft:
    """The file is kept for a day, for its owner only, until it is taken in."""
    resource_for(what, scope)
    return ImportDraft.objects.create(
        public_id=uuid.uuid4(), what=what, name=name[:120], content=content, made_by=scope.by,
        made_at=scope.now,
    )  # fmt: skip


def _run(what: str, content: bytes, scope: Scope) -> Report:
    resource = resource_for(what, scope)
    table = read_table(content)
    names = _names(resource, table)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
    fates = []
    seen: set[str] = set()
    for number, cells in table[1:]:
        row = dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False))
        fate = _fate(resource, number, row)
        key = repr([str(row.get(name) or "") for name in resource.keys]).casefold()
        if key in seen and fate.fate != WRONG and row.get(resource.keys[0]):
            twice = [("", str(_("The same stands in a row above already.")))]
            fate = RowFate(number, fate.name, WRONG, errors=twice)
        seen.add(key)
        fates.append(fate)
    return Report(what, fates)


def _names(resource: Rows, table: Table) -> list[str]:
    """The columns' names, from headings in either language. Refuses: FileRefused."""
    known: dict[str, str] = {}
    for name in resource.columns():
        label: Any = getattr(resource.fields[name], "label")  # noqa: B009
        known |= {word: name for word in {name, *in_all_languages(label)}}
    headings = [str(cell or "").strip() for cell in table[0][1]]
    unknown = [one for one in headings if one and one.casefold() not in known]
    if unknown:
        raise UnknownColumns(columns=", ".join(unknown[:5]))
    names = [known.get(one.casefold(), "") for one in headings]
    labels = resource.labels()
    missing = [labels[name] for name in resource.columns() if name not in names]
    if missing or len(set(filter(None, names))) != len(list(filter(None, names))):
        raise MissingColumns(columns=", ".join(missing or headings))
    return names


def _fate(resource: Rows, number: int, row: dict[str, Any]) -> RowFate:
    """What becomes of a row; its writing stays for the rows after it to see."""
    labels = resource.labels()
    done = resource.import_row(row, None, row_number=number)
    name = " · ".join(str(row.get(key)) for key in resource.called or resource.keys if row.get(key))
    if done.validation_error is not None:
        return RowFate(number, name, WRONG, errors=_errors(done.validation_error, labels))
    if done.errors:
        told = str(_("This row cannot be read."))
        return RowFate(number, name, WRONG, errors=[("", told)])
    if resource.before is None:
        return RowFate(number, name, NEW)
    changes = [
        (labels[column], str(before), str(resource.after[column]))
        for column, before in resource.before.items()
        if str(before) != str(resource.after[column])
    ]
    return RowFate(number, name, CHANGED if changes else SAME, changes)


def _errors(error: Any, labels: dict[str, str]) -> list[tuple[str, str]]:
    if not hasattr(error, "error_dict"):
        return [("", text) for text in error.messages]
    return [
        ("" if name == NON_FIELD_ERRORS else labels.get(name, ""), text)
        for name, texts in error.message_dict.items()
        for text in texts
    ]


def exported(what: str, *, scope: Scope) -> list[list[Any]]:
    """Headings and all rows that are the person's."""
    resource = resource_for(what, scope)
    rows = [list(resource.values(one).values()) for one in resource.instances()]
    return [list(resource.labels().values()), *rows]
