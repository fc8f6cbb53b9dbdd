"""Storage of tables whose rows change in place: room for new versions on the page, and frequent vacuum."""

from django.db import migrations

HOT = "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000"


class Migration(migrations.Migration):
    dependencies = [("kassa_receipts", "0002_receiptrequest")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE kassa_receipts_receiptstate SET ({HOT})",
            "ALTER TABLE kassa_receipts_receiptstate RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
