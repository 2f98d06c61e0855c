"""Who adds hours to a hall and who closes it wait for each other, so that neither overlooks
what the other is about to write.

One advisory lock for each hall, before all other locks of the transaction: shared by those who
open, plan, extend or open again, alone for who closes.
"""

from collections.abc import Iterable

from django.db import connection

from windows.models import Hall

SHARED = """
SELECT pg_advisory_xact_lock_shared(hashtext('hours of a hall'), hall)
FROM (SELECT unnest(%s::int[]) AS hall ORDER BY hall) AS sorted
"""
ALONE = "SELECT pg_advisory_xact_lock(hashtext('hours of a hall'), %s)"


def keep_open(halls: Iterable[Hall | int]) -> None:
    """What is read of these halls' closures stays true until the transaction ends."""
    ids = sorted({one.pk if isinstance(one, Hall) else one for one in halls})
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(SHARED, [ids])


def keep_shut(hall: Hall) -> None:
    """What is read of the hall's sessions is all of them until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(ALONE, [hall.pk])
