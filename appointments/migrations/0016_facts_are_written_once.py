"""Facts of demand and figures of days are append-only: a correction is a new row."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER demand_fact_append_only BEFORE UPDATE OR DELETE ON appointments_demandfact
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('demand_fact_append_only');
CREATE TRIGGER day_figure_append_only BEFORE UPDATE OR DELETE ON appointments_dayfigure
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('day_figure_append_only');
"""
BACKWARD = """
DROP TRIGGER demand_fact_append_only ON appointments_demandfact;
DROP TRIGGER day_figure_append_only ON appointments_dayfigure;
"""


class Migration(migrations.Migration):
    dependencies = [("appointments", "0015_the_demand_engine")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
