"""The overtime ledger is append-only."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER overtime_entry_append_only BEFORE UPDATE OR DELETE ON windows_overtimeentry
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('overtime_entry_append_only');
"""
BACKWARD = "DROP TRIGGER overtime_entry_append_only ON windows_overtimeentry;"


class Migration(migrations.Migration):
    dependencies = [("windows", "0004_the_hall_on_the_day")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
