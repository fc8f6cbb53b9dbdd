from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "openkassa.kassa.receipts"
    label = "kassa_receipts"
    default_auto_field = "django.db.models.BigAutoField"
