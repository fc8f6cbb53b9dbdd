from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "openkassa.kassa.people"
    label = "kassa_people"
    default_auto_field = "django.db.models.BigAutoField"
