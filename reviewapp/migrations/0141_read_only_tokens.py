from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviewapp', '0140_guessed_secrets'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='read_only',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
