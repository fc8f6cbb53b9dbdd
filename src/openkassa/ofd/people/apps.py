from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "openkassa.ofd.people"
    label = "ofd_people"
