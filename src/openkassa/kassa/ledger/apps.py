from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "openkassa.kassa.ledger"
    label = "kassa_ledger"
    default_auto_field = "django.db.models.BigAutoField"
