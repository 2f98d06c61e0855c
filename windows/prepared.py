"""Statements that PostgreSQL plans once per connection.

A plan of the claim costs more than its work. The driver has no prepared statements of its
own, so PREPARE and EXECUTE are said in SQL; a connection that is new prepares again.
Behind a pooler in transaction mode set DATABASE_PREPARE=0.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection, transaction

_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_PLACE = re.compile(r"%\((\w+)\)s")


class Prepared:
    """`%(name)s::type` in the statement is filled from a mapping; the type must be said."""

    def __init__(self, name: str, sql: str) -> None:
        self.name, self.sql = name, sql.strip()
        self.places = list(dict.fromkeys(_PLACE.findall(sql)))

    def text(self) -> str:
        """What is sent with the values."""
        if not settings.DATABASE_PREPARE:
            return self.sql
        self._prepare()
        return f"EXECUTE {self.name} ({', '.join(f'%({place})s' for place in self.places)})"

    def run(self, facts: Mapping[str, Any], *, first: str = "", last: str = "") -> list[tuple]:
        """The rows, when it ends with them. `first` and `last` travel with it."""
        text = f"{first}{self.text()}{last}"
        with connection.cursor() as cursor:
            cursor.execute(text, facts)
            return cursor.fetchall() if cursor.description else []

    def _prepare(self) -> None:
        connection.ensure_connection()
        known = _known.setdefault(connection.connection, set())
        if self.name in known:
            return
        numbered = _PLACE.sub(lambda place: f"${self.places.index(place[1]) + 1}", self.sql)
        with connection.cursor() as cursor:
            if not known:  # of statements prepared here: values never change these plans
                cursor.execute("SET plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE {self.name} AS {numbered.replace('%%', '%')}")
        known.add(self.name)


@contextmanager
def short_transaction() -> Iterator[tuple[str, str]]:
    """Yields what begins and what ends a transaction, to be sent with its statements.

    Each word of its own would be a round trip. Within a transaction of the caller it is a
    savepoint. Whatever is raised inside undoes it.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield "", ""
        return
    try:
        yield "BEGIN; ", "; COMMIT"
    except BaseException:
        with suppress(DatabaseTrouble), connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
        raise
