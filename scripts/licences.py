"""Every installed package must have a licence from the list; an unknown one fails until someone has read it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

# Licences that an Apache-2.0 program may be shipped with. LGPL: used as an unchanged, separate library.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD",
    "CNRI-Python",
    "ISC",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PostgreSQL",
    "PSF-2.0",
    "Unlicense",
}
SAME = {
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "DFSG approved": "",  # says only that Debian accepts the other one named
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
# Tools that developers run and that nobody gets from us, and packages whose metadata says less than their file.
BY_HAND = {
    "djlint": "GPL-3.0-or-later, a developer's tool: it checks templates and is not shipped",
}
RUNTIME_LOCK = Path(__file__).resolve().parent.parent / "requirements" / "runtime.lock"


def words(licence: str) -> list[str]:
    """Single licences of an expression; all of them must be allowed, so OR is read as strictly as AND."""
    parts = re.split(r"\s+(?:AND|OR|WITH)\s+|;\s*", licence.replace("(", "( ") if " OR " in licence else licence)
    return [name for part in parts if (name := SAME.get(part.strip(" ()"), SAME.get(part.strip(), part.strip(" ()"))))]


def refused(packages: list[dict[str, str]], shipped: set[str]) -> list[str]:
    """One line for each package that may not stay."""
    lines = []
    for package in packages:
        name = package["Name"].lower()
        unknown = [word for word in words(package["License"]) if word not in ALLOWED]
        if not unknown and words(package["License"]):
            continue
        if name in BY_HAND and name not in shipped:
            continue
        lines.append(f"{package['Name']} {package['Version']}: {package['License']}")
    return lines


def main() -> int:
    tool = Path(sys.executable).with_name("pip-licenses")
    listed = subprocess.run([tool, "--format=json", "--with-system"], capture_output=True, text=True, check=True)
    packages = json.loads(listed.stdout)
    shipped = {match[1].lower() for match in re.finditer(r"^([\w.-]+)==", RUNTIME_LOCK.read_text(), re.MULTILINE)}
    if len(packages) < len(shipped):
        print(f"licences: only {len(packages)} packages were looked at; is the environment set up?", file=sys.stderr)
        return 1
    lines = refused(packages, shipped)
    print(f"licences: {len(packages)} packages looked at, {len(lines)} refused")
    for line in lines:
        print(f"  {line}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
