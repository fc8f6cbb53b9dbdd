from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "openkassa.kassa.registers"
    label = "kassa_registers"
    default_auto_field = "django.db.models.BigAutoField"
