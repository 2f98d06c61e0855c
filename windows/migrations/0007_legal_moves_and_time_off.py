"""Legal moves of swaps and of borrowed help; time off is written once, never overdrawn."""

import json

from django.db import migrations

SWAP = {
    "asked": ["agreed", "refused", "withdrawn"],
    "agreed": ["done", "refused", "withdrawn"],
    "done": [],
    "refused": [],
    "withdrawn": [],
}
HELP = {
    "asked": ["granted", "refused", "withdrawn"],
    "granted": ["withdrawn"],
    "refused": [],
    "withdrawn": [],
}

FORWARD = f"""
CREATE TRIGGER swap_moves_legally BEFORE UPDATE OF state ON windows_swap
  FOR EACH ROW EXECUTE FUNCTION dengta_moves_legally('swap_moves_legally', '{json.dumps(SWAP)}');
CREATE TRIGGER help_moves_legally BEFORE UPDATE OF state ON windows_helprequest
  FOR EACH ROW EXECUTE FUNCTION dengta_moves_legally('help_moves_legally', '{json.dumps(HELP)}');
CREATE TRIGGER time_off_append_only BEFORE UPDATE OR DELETE ON windows_timeoffentry
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('time_off_append_only');
CREATE FUNCTION dengta_time_off_never_overdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One writer per person at a time; the sum below is read by a statement of its own.
  PERFORM pg_advisory_xact_lock(hashtext('time off'), NEW.staff_id::int);
  IF NEW.minutes < 0 AND NEW.minutes + (
      SELECT coalesce(sum(minutes), 0) FROM windows_timeoffentry WHERE staff_id = NEW.staff_id
    ) < 0 THEN
    RAISE EXCEPTION 'more time off than was earned'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'time_off_never_overdrawn',
        TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER time_off_never_overdrawn BEFORE INSERT ON windows_timeoffentry
  FOR EACH ROW EXECUTE FUNCTION dengta_time_off_never_overdrawn();
"""
BACKWARD = """
DROP TRIGGER time_off_never_overdrawn ON windows_timeoffentry;
DROP FUNCTION dengta_time_off_never_overdrawn();
DROP TRIGGER time_off_append_only ON windows_timeoffentry;
DROP TRIGGER help_moves_legally ON windows_helprequest;
DROP TRIGGER swap_moves_legally ON windows_swap;
"""


class Migration(migrations.Migration):
    dependencies = [("windows", "0006_the_supervisors_side")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
