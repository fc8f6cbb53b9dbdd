from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "openkassa.api"
    label = "api"

    def ready(self) -> None:
        from openkassa.api.callbacks import register_renderers

        register_renderers()
