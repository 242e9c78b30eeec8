import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviewapp', '0166_annotation_results'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='workspace',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='reviewapp.workspace'),
        ),
    ]
