from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ArchiveConfig(AppConfig):
    name = "openkassa.ofd.archive"
    label = "ofd_archive"

    def ready(self) -> None:
        from openkassa.ofd.grants import grant_to_app

        post_migrate.connect(grant_to_app, sender=self, dispatch_uid="openkassa.ofd.grants")
