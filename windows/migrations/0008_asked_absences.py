"""Absences that people ask for themselves; who saw how a question ended."""

import json

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MOVES = {
    "asked": ["agreed", "refused", "withdrawn"],
    "agreed": ["withdrawn"],
    "refused": [],
    "withdrawn": [],
}
# What ended before anybody looked for it is no news.
SEEN = """
UPDATE windows_swap SET asker_saw_at = coalesce(decided_at, answered_at),
  other_saw_at = coalesce(decided_at, answered_at) WHERE state NOT IN ('asked', 'agreed');
"""
FORWARD = f"""
CREATE TRIGGER absence_request_moves_legally BEFORE UPDATE OF state ON windows_absencerequest
  FOR EACH ROW EXECUTE FUNCTION
  dengta_moves_legally('absence_request_moves_legally', '{json.dumps(MOVES)}');
"""
BACKWARD = "DROP TRIGGER absence_request_moves_legally ON windows_absencerequest;"


class Migration(migrations.Migration):
    dependencies = [
        ("windows", "0007_legal_moves_and_time_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="swap",
            name="asker_saw_at",
            field=models.DateTimeField(help_text="When who asked saw how it ended", null=True),
        ),
        migrations.AddField(
            model_name="swap",
            name="other_saw_at",
            field=models.DateTimeField(help_text="When who was asked saw it", null=True),
        ),
        migrations.CreateModel(
            name="AbsenceRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "period",
                    django.contrib.postgres.fields.ranges.DateTimeRangeField(
                        help_text="[begins, ends)"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("leave", "Leave"),
                            ("in_lieu", "Time off in lieu"),
                            ("sick", "Sick"),
                            ("training", "Training"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        help_text="Of time off in lieu, if said", null=True
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("agreed", "Agreed"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("answered_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "seen_at",
                    models.DateTimeField(help_text="When who asked saw how it ended", null=True),
                ),
                (
                    "absence",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="windows.absence",
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absence_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("state", "asked")),
                        expressions=[("staff", "="), ("period", "&&")],
                        name="absence_asked_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("absence__isnull", False), ("state", "agreed")),
                            models.Q(
                                ("absence__isnull", True), ("state__in", ["asked", "refused"])
                            ),
                            ("state", "withdrawn"),
                            _connector="OR",
                        ),
                        name="absence_agreed_is_noted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="absence_refused_with_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SEEN, migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
