from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("appointments", "0012_message_decisions")]

    operations = [
        migrations.AddField(
            model_name="messagetemplate",
            name="case",
            field=models.CharField(
                blank=True, default="", help_text="Which of a kind's texts", max_length=12
            ),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(model_name="messagetemplate", name="template_version_once"),
        migrations.AddConstraint(
            model_name="messagetemplate",
            constraint=models.UniqueConstraint(
                fields=["kind", "case", "channel", "language", "version"],
                name="template_version_once",
            ),
        ),
    ]
