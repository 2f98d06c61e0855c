"""A ticket can leave a window for another hall, where a new number goes on.

MOVES is the dict of the model as it was when this was written; a test compares the two.
"""

import json

from django.db import migrations

MOVES = {
    "waiting": ["called", "void"],
    "called": ["missed", "parked", "serving", "void", "waiting"],
    "serving": ["finished", "parked", "void", "waiting"],
    "parked": ["called", "void", "waiting"],
    "missed": ["void", "waiting"],
    "finished": [],
    "void": [],
}
BEFORE = {
    **MOVES,
    "called": ["missed", "parked", "serving", "waiting"],
    "serving": ["finished", "parked", "waiting"],
}


def moves(table: dict) -> str:
    return f"""
DROP TRIGGER ticket_moves_legally ON queues_ticket;
CREATE TRIGGER ticket_moves_legally BEFORE UPDATE OF state ON queues_ticket
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('ticket_moves_legally', '{json.dumps(table)}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("queues", "0006_the_hall_on_the_day"),
        ("windows", "0005_overtime_is_written_once"),
    ]
    operations = [migrations.RunSQL(moves(MOVES), moves(BEFORE))]
