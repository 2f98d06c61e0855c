"""What may become of a displaced booking."""

import json

from django.db import migrations

MOVES = {
    "moved": ["accepted", "changed", "declined", "undone"],
    "offered": ["accepted", "changed", "declined", "expired", "undone"],
    "accepted": ["changed", "declined", "undone"],
    "changed": [],
    "declined": [],
    "expired": [],
    "withdrawn": ["undone"],
    "undone": [],
}

FORWARD = f"""
CREATE TRIGGER displaced_moves_legally BEFORE UPDATE OF state ON appointments_displaced
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('displaced_moves_legally', '{json.dumps(MOVES)}');
"""
BACKWARD = "DROP TRIGGER displaced_moves_legally ON appointments_displaced;"


class Migration(migrations.Migration):
    dependencies = [("appointments", "0007_displaced_people")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
