from django.apps import AppConfig


class OutletsConfig(AppConfig):
    name = "openkassa.kassa.outlets"
    label = "kassa_outlets"
    default_auto_field = "django.db.models.BigAutoField"
