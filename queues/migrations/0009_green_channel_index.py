"""Who may go first is found without reading the whole line."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues", "0008_papers_in_a_language")]
    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("state", "waiting"), models.Q(("priority", ""), _negated=True)),
                fields=["hall", "rank_at", "id"],
                name="ticket_green_channel",
            ),
        ),
    ]
