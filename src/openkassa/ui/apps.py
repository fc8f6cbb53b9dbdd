from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "openkassa.ui"
    label = "ui"
