"""Telling the screens of a hall that something which they show has changed."""

from django.db import connection

from windows.models import Hall


def tell_boards(hall: Hall | int) -> None:
    """Wakes the screens of the hall when the transaction commits."""
    pk = hall.pk if isinstance(hall, Hall) else hall
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('dengta_board', %s)", [str(pk)])
