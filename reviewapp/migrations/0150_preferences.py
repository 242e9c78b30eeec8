from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviewapp', '0140_guessed_secrets'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='preferences',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
