"""Static files can be collected under their digests, and browsers are told nothing that the CSP forbids."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from openkassa.ui.vendor import UI


def test_every_file_that_a_style_sheet_names_is_there(settings, tmp_path):
    """The storage of production refuses a style sheet or script that names a missing file."""
    from django.core.management import call_command

    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    collected = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert {"ui/ui.css", "ui/ui.js", "ui/theme.js", "ui/icons.svg", "web/web.css"} <= collected.keys()


@pytest.mark.parametrize("folder", ["ui", "web", "ofd"])
def test_no_template_has_inline_style_or_script(folder):
    """The content security policy allows neither, so a page would silently lose them."""
    for template in (UI.parent / folder).rglob("*.html"):
        source = re.sub(r"\{#.*?#\}", "", template.read_text())
        assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=", source), template
        assert "://" not in re.sub(r"https?://www\.w3\.org", "", source), f"{template} names another host"


def test_own_scripts_and_styles_name_no_other_host():
    for path in [UI / "static/ui/ui.css", UI / "static/ui/ui.js", UI / "static/ui/theme.js"]:
        assert "://" not in path.read_text()
    assert not list(Path(UI / "static").rglob("*.map"))
