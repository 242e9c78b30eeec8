from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False  # an index on the largest table is built beside the people who work on it

    dependencies = [
        ('reviewapp', '0061_training_modes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='projectdocument',
            index=models.Index(condition=models.Q(('returned_at__isnull', False)), fields=['project', 'returned_at'], name='returned_documents'),
        ),
    ]
