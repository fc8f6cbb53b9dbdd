"""The partitioned table of raw requests."""

from django.db import migrations

from openkassa.core.clock import now
from openkassa.core.partitions import ensure_partitions

TABLE = "kassa_receipts_receiptrequest"


def make_table(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TABLE} (organisation_id uuid NOT NULL, receipt_id uuid NOT NULL,"
            " accepted_at timestamptz NOT NULL, body bytea NOT NULL,"
            " PRIMARY KEY (organisation_id, receipt_id, accepted_at)) PARTITION BY RANGE (accepted_at)"
        )
        ensure_partitions(cursor, TABLE, now().date())


def drop_table(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("kassa_receipts", "0001_initial")]
    operations = [migrations.RunPython(make_table, drop_table)]
