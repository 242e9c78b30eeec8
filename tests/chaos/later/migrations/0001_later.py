"""Needs the whole table to itself for a moment, as most changes of a table do."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reviewapp", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE reviewapp_project ADD COLUMN later integer",
            "ALTER TABLE reviewapp_project DROP COLUMN later",
        )
    ]
