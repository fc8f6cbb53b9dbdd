from django.apps import AppConfig


class FiscalisationConfig(AppConfig):
    name = "openkassa.kassa.fiscalisation"
    label = "kassa_fiscalisation"
    default_auto_field = "django.db.models.BigAutoField"
