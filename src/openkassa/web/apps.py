from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "openkassa.web"
    label = "web"
