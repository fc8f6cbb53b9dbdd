from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('kassa_receipts', '0008_states_in_conditions'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='receipt',
            index=models.Index(fields=['organisation', 'total', '-id'], name='receipt_total'),
        ),
        AddIndexConcurrently(
            model_name='receipt',
            index=models.Index(condition=models.Q(('operation', 1), _negated=True), fields=['organisation', 'operation', '-id'], name='receipt_unusual_operation'),
        ),
    ]
