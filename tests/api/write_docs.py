"""Writes the tables of docs/api and docs/integrations from the code."""

from __future__ import annotations

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
    django.setup()
    from tests.api.test_docs import pages, with_tables

    for page in pages():
        page.write_text(with_tables(page.read_text()))


if __name__ == "__main__":
    main()
