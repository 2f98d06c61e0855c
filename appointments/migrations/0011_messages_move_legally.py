"""What may become of a message."""

import json

from django.db import migrations

MOVES = {
    "ready": ["claimed", "void"],
    "claimed": ["delivered", "failed", "ready", "sent", "unknown", "void"],
    "sent": ["delivered", "failed"],
    "delivered": [],
    "failed": ["delivered", "ready"],
    "void": ["ready"],
    "unknown": ["delivered", "failed", "ready", "sent"],
}

FORWARD = f"""
CREATE TRIGGER message_moves_legally BEFORE UPDATE OF state ON appointments_message
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('message_moves_legally', '{json.dumps(MOVES)}');
"""
BACKWARD = "DROP TRIGGER message_moves_legally ON appointments_message;"


class Migration(migrations.Migration):
    dependencies = [("appointments", "0010_message_delivery")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
