from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "openkassa.ofd.archive"
    label = "ofd_archive"
