"""A cancellation can be undone; a drawn draw stays as it was published.

MOVES is the dict of the model as it was when this was written; a test compares the two.
"""

import json

from django.db import migrations

MOVES = {
    "held": ["cancelled", "confirmed", "expired", "withdrawn"],
    "confirmed": ["arrived", "cancelled", "no_show", "withdrawn"],
    "arrived": ["no_show", "served"],
    "served": [],
    "expired": [],
    "cancelled": ["confirmed"],
    "withdrawn": [],
    "no_show": [],
}
BEFORE = {**MOVES, "cancelled": []}


def moves(table: dict) -> str:
    return f"""
DROP TRIGGER booking_moves_legally ON appointments_booking;
CREATE TRIGGER booking_moves_legally BEFORE UPDATE OF state ON appointments_booking
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('booking_moves_legally', '{json.dumps(table)}');
"""


FINAL = """
CREATE TRIGGER draw_is_final BEFORE UPDATE OR DELETE ON appointments_draw
  FOR EACH ROW WHEN (OLD.drawn_at IS NOT NULL)
  EXECUTE FUNCTION dengta_append_only('draw_is_final');
"""
NOT_FINAL = "DROP TRIGGER draw_is_final ON appointments_draw;"


class Migration(migrations.Migration):
    dependencies = [("appointments", "0004_fair_booking")]
    operations = [
        migrations.RunSQL(moves(MOVES), moves(BEFORE)),
        migrations.RunSQL(FINAL, NOT_FINAL),
    ]
