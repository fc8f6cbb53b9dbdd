from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "openkassa.ofd.web"
    label = "ofd_web"
