import django.db.models.deletion
from django.db import migrations, models

KINDS = [
    ("relevance", "Relevance"),
    ("ner", "Entities"),
    ("assertion", "Assertion status"),
    ("choice-single", "Single choice"),
    ("choice-multiple", "Multiple choice"),
]


class Migration(migrations.Migration):

    dependencies = [
        ("models_lib", "0090_archives"),
        ("reviewapp", "0120_preannotation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="modelversion",
            name="job",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="versions", to="reviewapp.job"
            ),
        ),
        migrations.AlterField(
            model_name="modelversion", name="kind", field=models.CharField(choices=KINDS, default="relevance", max_length=20)
        ),
        migrations.AlterField(
            model_name="tag", name="kind", field=models.CharField(choices=KINDS, max_length=20)
        ),
        migrations.AlterField(
            model_name="stream", name="kind", field=models.CharField(choices=KINDS, default="relevance", max_length=20)
        ),
    ]
