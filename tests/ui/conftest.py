"""Fixtures of the component library."""

from tests.web.conftest import compiled_catalogues, pages_alone, plain_static_files  # noqa: F401
