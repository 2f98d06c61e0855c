"""What a kiosk told and nobody could take by itself waits for a supervisor."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queues", "0009_green_channel_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="DoubtfulNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("told", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("why", models.CharField(help_text="The code of the refusal", max_length=40)),
                ("told_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("device", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="windows.devicetoken")),
                ("hall", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="windows.hall")),
                ("ticket", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="queues.ticket")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("decided_at__isnull", True)), fields=["hall"], name="doubtful_number_open")],
                "constraints": [
                    models.UniqueConstraint(fields=("hall", "digest"), name="doubtful_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("ticket__isnull", True)),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="doubtful_number_decided_by_somebody",
                    ),
                ],
            },
        ),
    ]
