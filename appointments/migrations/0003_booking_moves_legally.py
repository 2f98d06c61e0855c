"""Legal moves of a booking and its append-only journal, held by triggers.

MOVES is the dict of the model as it was when this was written; a test compares the two.
"""

import json

from django.db import migrations

MOVES = {
    "held": [
        "cancelled",
        "confirmed",
        "expired",
        "withdrawn"
    ],
    "confirmed": [
        "arrived",
        "cancelled",
        "no_show",
        "withdrawn"
    ],
    "arrived": [
        "no_show",
        "served"
    ],
    "served": [],
    "expired": [],
    "cancelled": [],
    "withdrawn": [],
    "no_show": []
}

FORWARD = f"""
CREATE TRIGGER booking_moves_legally BEFORE UPDATE OF state ON appointments_booking
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('booking_moves_legally', '{json.dumps(MOVES)}');
CREATE TRIGGER booking_event_append_only BEFORE UPDATE OR DELETE ON appointments_bookingevent
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('booking_event_append_only');
"""
BACKWARD = """
DROP TRIGGER booking_moves_legally ON appointments_booking;
DROP TRIGGER booking_event_append_only ON appointments_bookingevent;
"""


class Migration(migrations.Migration):
    dependencies = [("windows", "0002_trigger_functions"), ("appointments", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
