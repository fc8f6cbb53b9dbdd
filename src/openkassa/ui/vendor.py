"""Brings other people's files into the repository: `python -m openkassa.ui.vendor`, run by a developer with npm.

The versions are pinned here; the files, a manifest (name, version, licence, SHA-256 of each file) and the sprite
of icons are committed, so that neither an installation nor a browser ever asks another host for them.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

UI = Path(__file__).resolve().parent
VENDOR = UI / "static" / "ui" / "vendor"
FONTS = UI / "typst" / "fonts"
MANIFEST = UI / "vendor.json"
ICONS = UI / "static" / "ui" / "icons.svg"

# Packages under MIT carry no licence file of their own: its text is in vendor/MIT.txt with their copyrights.
# package -> (version, licence, {path in the package: path here})
PACKAGES: dict[str, tuple[str, str, dict[str, Path]]] = {
    "@tabler/core": (
        "1.6.1",
        "MIT",
        {"dist/css/tabler.min.css": VENDOR / "tabler.min.css"},
    ),
    "htmx.org": (
        "2.0.11",
        "0BSD",
        {"dist/htmx.min.js": VENDOR / "htmx.min.js", "LICENSE": VENDOR / "htmx.LICENSE"},
    ),
    "@alpinejs/csp": ("3.17.4", "MIT", {"dist/cdn.min.js": VENDOR / "alpine-csp.min.js"}),
    "dejavu-fonts-ttf": (
        "2.37.3",
        "Bitstream-Vera",  # the monospaced face is built into typst
        {
            "ttf/DejaVuSans.ttf": FONTS / "DejaVuSans.ttf",
            "ttf/DejaVuSans-Bold.ttf": FONTS / "DejaVuSans-Bold.ttf",
            "LICENSE": FONTS / "LICENSE",
        },
    ),
}

ICON_PACKAGE = ("@tabler/icons", "3.51.0", "MIT")
ICON_NAMES = (
    "alert-triangle", "arrow-back-up", "arrow-left", "arrow-right", "bell", "book", "building-store", "calendar",
    "check", "checks", "chevron-down", "chevron-left", "chevron-right", "circle-check", "circle-x", "clock", "code",
    "copy", "credit-card", "database", "device-desktop", "download", "edit", "external-link", "file-invoice",
    "file-spreadsheet", "file-text", "filter", "home", "hourglass", "info-circle", "key", "language", "list-details",
    "loader-2", "lock", "login", "logout", "mail", "menu-2", "moon", "phone", "plus", "printer", "qrcode", "receipt",
    "receipt-refund", "refresh", "search", "send", "server", "settings", "shield-check", "sun", "sun-moon", "trash",
    "user", "users", "wifi-off", "x",
)  # fmt: skip

_SOURCE_MAP = re.compile(rb"\n?/[*/]# sourceMappingURL=[^\n]*?(?:\*/)?\s*$")


def main() -> None:
    entries = []
    for package, (version, licence, files) in PACKAGES.items():
        with _unpacked(package, version) as folder:
            for inside, target in files.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                # The maps are not shipped, and the static file storage refuses a file that names a missing one.
                target.write_bytes(_SOURCE_MAP.sub(b"\n", (folder / inside).read_bytes()))
            entries.append(_entry(package, version, licence, list(files.values())))
    package, version, licence = ICON_PACKAGE
    with _unpacked(package, version) as folder:
        ICONS.write_text(_sprite(folder / "icons" / "outline"))
    entries.append(_entry(package, version, licence, [ICONS]))
    MANIFEST.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n")


class _unpacked:
    """A package of the npm registry in a temporary folder."""

    def __init__(self, package: str, version: str) -> None:
        self.spec = f"{package}@{version}"

    def __enter__(self) -> Path:
        self.temporary = tempfile.TemporaryDirectory()
        folder = Path(self.temporary.name)
        packed = subprocess.run(["npm", "pack", "--silent", self.spec], cwd=folder, check=True, stdout=subprocess.PIPE)
        with tarfile.open(folder / packed.stdout.decode().split()[-1]) as archive:
            archive.extractall(folder, filter="data")
        return folder / "package"

    def __exit__(self, *error: object) -> None:
        self.temporary.cleanup()


def _entry(package: str, version: str, licence: str, files: list[Path]) -> dict:
    digests = {str(path.relative_to(UI)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {"name": package, "version": version, "licence": licence, "files": digests}


def _sprite(folder: Path) -> str:
    """One SVG file of symbols, each drawn in the colour of the text around it."""
    symbols = []
    for name in ICON_NAMES:
        drawing = (folder / f"{name}.svg").read_text()
        paths = re.findall(r"<path [^>]*/>", drawing)
        body = "".join(path for path in paths if 'stroke="none"' not in path)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
            f' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


if __name__ == "__main__":
    main()
