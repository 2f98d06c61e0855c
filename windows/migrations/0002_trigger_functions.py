"""The two trigger functions that hold legal moves and append-only journals."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION dengta_moves_legally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IS DISTINCT FROM NEW.state
     AND NOT ((TG_ARGV[1]::jsonb) -> OLD.state ? NEW.state) THEN
    RAISE EXCEPTION 'illegal move of %: % to %', TG_TABLE_NAME, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION dengta_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is written once', TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END $$;
"""
BACKWARD = "DROP FUNCTION dengta_moves_legally(); DROP FUNCTION dengta_append_only();"


class Migration(migrations.Migration):
    dependencies = [("windows", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
