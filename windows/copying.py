"""Many rows at once: ids from the sequence, rows by COPY. Constraints hold as always."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

Row = dict[str, Any]
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """That many ids that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def with_ids(model: type[models.Model], rows: list[Row]) -> list[Row]:
    for row, pk in zip(rows, new_ids(model, len(rows)), strict=True):
        row["id"] = pk
    return rows


def copy_in(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Inserts the rows; all have the same keys, and columns that are missing get the default:
    the database's own where it has one."""
    rows = list(rows)
    if not rows:
        return
    columns, constants = list(rows[0]), []
    for field in model._meta.concrete_fields:
        if field.attname in rows[0] or field.primary_key or field.has_db_default():
            continue
        columns.append(field.attname)
        empty = isinstance(field, ArrayField)
        constants.append("{}" if empty else written(field.get_default()))
    tail = "".join("\t" + text for text in constants) + "\n"
    keys = list(rows[0])
    lines = ["\t".join([written(row[key]) for key in keys]) + tail for row in rows]
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO("".join(lines)))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).translate(ESCAPES) if value else json.dumps(value)


WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    str: lambda value: value.translate(ESCAPES),
    date: date.isoformat,
    datetime: datetime.isoformat,
    bytes: lambda value: "\\\\x" + value.hex(),
    memoryview: lambda value: "\\\\x" + value.hex(),
    dict: _json,
    list: _json,
}


def written(value: Any) -> str:
    """A value as COPY's text format writes it."""
    writer = WRITERS.get(type(value))
    return writer(value) if writer else WRITERS[str](str(value))
