"""What a person decided about a message is written once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER message_decision_append_only BEFORE UPDATE OR DELETE
  ON appointments_messagedecision
  FOR EACH ROW EXECUTE FUNCTION dengta_append_only('message_decision_append_only');
"""
BACKWARD = "DROP TRIGGER message_decision_append_only ON appointments_messagedecision;"


class Migration(migrations.Migration):

    dependencies = [
        ('appointments', '0011_messages_move_legally'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MessageDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_number', models.BigIntegerField(db_index=True)),
                ('what', models.CharField(choices=[('again', 'Sent once more'), ('leave', 'Left as it is'), ('asked', 'The provider was asked')], max_length=5)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=200)),
                ('was_state', models.CharField(max_length=9)),
                ('was_provider', models.CharField(blank=True, max_length=20)),
                ('was_reference', models.UUIDField()),
                ('was_attempt', models.PositiveSmallIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
