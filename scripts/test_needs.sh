#!/bin/sh
# What the tests need from the system: Chromium for the pages, PostgreSQL as an installation would have it.
set -eu
cd "$(dirname "$0")/.."

has_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

has_postgres() {
    .venv/bin/python -c 'import sys; from openkassa.cli.postgres_binaries import find_binaries
sys.exit(find_binaries().bundled)' 2>/dev/null
}

if ! has_chromium && ! sh scripts/system_packages.sh chromium && [ "${KASSA_TEST_WITHOUT_BROWSER:-}" != 1 ]; then
    echo "test: no Chromium. Install it, or leave the browser's tests out: make test KASSA_TEST_WITHOUT_BROWSER=1" >&2
    exit 1
fi
if ! has_postgres && ! sh scripts/system_packages.sh postgresql; then
    echo "test: no PostgreSQL of the system; the one inside the Python packages serves instead"
fi
