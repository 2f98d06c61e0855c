"""A booking that the hall withdrew stands again when the change is taken back in time."""

import json

from django.db import migrations

BEFORE = {
    "held": ["cancelled", "confirmed", "expired", "withdrawn"],
    "confirmed": ["arrived", "cancelled", "no_show", "withdrawn"],
    "arrived": ["no_show", "served"],
    "served": [],
    "expired": [],
    "cancelled": ["confirmed"],
    "withdrawn": [],
    "no_show": [],
}
MOVES = BEFORE | {"withdrawn": ["confirmed", "held"]}


def with_moves(moves: dict[str, list[str]]) -> str:
    return f"""
DROP TRIGGER booking_moves_legally ON appointments_booking;
CREATE TRIGGER booking_moves_legally BEFORE UPDATE OF state ON appointments_booking
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('booking_moves_legally', '{json.dumps(moves)}');
"""


class Migration(migrations.Migration):
    dependencies = [("appointments", "0008_displaced_moves_legally")]
    operations = [migrations.RunSQL(with_moves(MOVES), with_moves(BEFORE))]
