from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues", "0004_matters_that_follow")]
    operations = [
        migrations.AddField(
            model_name="ticket",
            name="needs_accessible",
            field=models.BooleanField(
                default=False, help_text="An accessible window calls it, while one is open"
            ),
        )
    ]
