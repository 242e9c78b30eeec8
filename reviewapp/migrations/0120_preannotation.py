from django.db import migrations, models

KINDS = [
    ("import", "Import of documents"),
    ("populate", "Population of the index"),
    ("train", "Training"),
    ("export", "Export of a trained model"),
    ("share", "Share of trained models"),
    ("pin", "Pin of a model version"),
    ("deliver", "Webhook delivery"),
    ("cluster", "Search for clusters"),
    ("group", "Search for near-duplicates"),
    ("report", "Report"),
    ("download", "Download of documents"),
    ("archive", "Archive of the workspace"),
    ("restore", "Restore of an archive"),
    ("purge", "Purge of active learning"),
    ("preannotate", "Pre-annotation"),
    ("remove", "Deletion of a workspace"),
]


class Migration(migrations.Migration):

    dependencies = [("reviewapp", "0110_annotation")]

    operations = [
        migrations.AddField(
            model_name="project", name="deploys", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AlterField(model_name="job", name="kind", field=models.CharField(choices=KINDS, max_length=20)),
    ]
