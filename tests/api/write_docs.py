"""Writes the tables of docs/api from the code."""

from __future__ import annotations

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
    django.setup()
    from tests.api.test_docs import DOCS, with_tables

    for page in DOCS.glob("*.md"):
        page.write_text(with_tables(page.read_text()))


if __name__ == "__main__":
    main()
