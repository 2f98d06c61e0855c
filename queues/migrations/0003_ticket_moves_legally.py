"""Legal moves of a ticket and its append-only journal, held by triggers.

MOVES is the dict of the model as it was when this was written; a test compares the two.
"""

import json

from django.db import migrations

MOVES = {
    "waiting": [
        "called",
        "void"
    ],
    "called": [
        "missed",
        "parked",
        "serving",
        "waiting"
    ],
    "serving": [
        "finished",
        "parked",
        "waiting"
    ],
    "parked": [
        "called",
        "void",
        "waiting"
    ],
    "missed": [
        "void",
        "waiting"
    ],
    "finished": [],
    "void": []
}

FORWARD = f"""
CREATE TRIGGER ticket_moves_legally BEFORE UPDATE OF state ON queues_ticket
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('ticket_moves_legally', '{json.dumps(MOVES)}');
CREATE TRIGGER ticket_event_append_only BEFORE UPDATE OR DELETE ON queues_ticketevent
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('ticket_event_append_only');
"""
BACKWARD = """
DROP TRIGGER ticket_moves_legally ON queues_ticket;
DROP TRIGGER ticket_event_append_only ON queues_ticketevent;
"""


class Migration(migrations.Migration):
    dependencies = [("windows", "0002_trigger_functions"), ("queues", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
