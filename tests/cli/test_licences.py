"""A package without an allowed licence is refused; so is one whose licence nobody can name."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("licences", Path(__file__).parents[2] / "scripts" / "licences.py")
assert spec is not None
assert spec.loader is not None
licences = importlib.util.module_from_spec(spec)
spec.loader.exec_module(licences)


def package(licence: str, name: str = "thing") -> dict[str, str]:
    return {"Name": name, "Version": "1.0", "License": licence}


@pytest.mark.parametrize("licence", ["MIT", "Apache Software License; BSD License", "Apache-2.0 AND CNRI-Python"])
def test_allowed(licence: str) -> None:
    assert licences.refused([package(licence)], shipped=set()) == []


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "UNKNOWN", "", "MIT AND GPL-3.0-or-later", "DFSG approved"])
def test_refused(licence: str) -> None:
    assert licences.refused([package(licence)], shipped=set()) == [f"thing 1.0: {licence}"]


def test_a_developers_tool_may_not_be_shipped() -> None:
    tool = package("GPL-3.0-or-later", "djlint")
    assert licences.refused([tool], shipped=set()) == []
    assert licences.refused([tool], shipped={"djlint"}) != []
