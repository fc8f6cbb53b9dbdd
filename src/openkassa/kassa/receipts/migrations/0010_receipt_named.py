"""Receipts by what the shop calls them, where the key is more than that name."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kassa_receipts", "0009_receipts_by_sum")]
    operations = [
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(
                fields=["organisation", "channel_id", "external_id", "id"],
                condition=models.Q(("external_id", models.F("external_key")), _negated=True),
                name="receipt_named",
            ),
        ),
    ]
