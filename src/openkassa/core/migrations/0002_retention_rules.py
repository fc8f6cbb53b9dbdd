"""How long each kind of data is kept, as it is first installed."""

from django.db import migrations

RULES = (
    ("requests", 90, "bodies of requests, for disputes with the shop's developers"),
    ("request_keys", 90, "Idempotency-Key of requests: as long as the requests themselves"),
    ("fiscal_documents", 1827, "receipts and fiscal documents: five years, as the operator keeps them"),
    ("contacts", 365, "buyers' e-mails and phones: for refunds and copies sent again"),
    ("notifications", 90, "mails and messages to people"),
    ("callbacks", 90, "callbacks and the log of their deliveries"),
    ("attempt_counters", 7, "counters of codes, sign-ins and sending budgets"),
    ("logs", 30, "logs of the processes"),
)


def seed(apps, schema_editor):
    rule = apps.get_model("core", "RetentionRule")
    rule.objects.bulk_create(rule(kind=kind, days=days, reason=reason) for kind, days, reason in RULES)


def forget(apps, schema_editor):
    apps.get_model("core", "RetentionRule").objects.filter(kind__in=[kind for kind, _, _ in RULES]).delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(seed, forget)]
