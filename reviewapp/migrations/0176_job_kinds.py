from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviewapp', '0175_tokens_of_a_workspace'),
    ]

    operations = [
        migrations.AlterField(
            model_name='job',
            name='kind',
            field=models.CharField(choices=[('import', 'Import of documents'), ('populate', 'Population of the index'), ('train', 'Training'), ('export', 'Export of a trained model'), ('share', 'Share of trained models'), ('pin', 'Pin of a model version'), ('score', 'Scores of a model version'), ('roll_back', 'Rollback to a model version'), ('drift', 'Drift watch'), ('deliver', 'Webhook delivery'), ('cluster', 'Search for clusters'), ('group', 'Search for near-duplicates'), ('report', 'Report'), ('download', 'Download of documents'), ('import_tasks', 'Import of tasks'), ('export_tasks', 'Export of tasks'), ('order_tasks', 'Order of tasks'), ('archive', 'Archive of the workspace'), ('restore', 'Restore of an archive'), ('purge', 'Purge of active learning'), ('preannotate', 'Pre-annotation'), ('remove', 'Deletion of a workspace'), ('mail', 'Link for a new password by mail')], max_length=20),
        ),
    ]
