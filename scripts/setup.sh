#!/bin/sh
# Makes .venv with the pinned packages and installs the project into it: setup.sh runtime|dev
# A second run with nothing changed does nothing.
set -eu
cd "$(dirname "$0")/.."
tier=$1
lock=requirements/$tier.lock

fits() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "setup: Python 3.11 or newer is needed, and none was found." >&2
    echo "setup: Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python" >&2
    exit 1
}

make_venv() {
    rm -rf .venv
    if "$python" -m venv .venv >.venv-output 2>&1; then
        rm -f .venv-output
        return
    fi
    rm -rf .venv
    package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    if grep -q ensurepip .venv-output && sh scripts/system_packages.sh "$package"; then
        rm -f .venv-output
        "$python" -m venv .venv
        return
    fi
    cat .venv-output >&2
    rm -f .venv-output
    echo "setup: no virtual environment could be made. Debian, Ubuntu: apt-get install $package" >&2
    exit 1
}

python=$(find_python)
if ! fits .venv/bin/python; then
    echo "setup: making .venv with $($python --version)"
    make_venv
fi

stamp() {
    cat "$lock" pyproject.toml hatch_build.py
    .venv/bin/python --version
    pwd
}
wanted=$(stamp | cksum)
if [ "$(cat .venv/installed-dev 2>/dev/null)" != "$wanted" ] && [ "$(cat ".venv/installed-$tier" 2>/dev/null)" != "$wanted" ]; then
    echo "setup: installing the packages of $lock"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$lock"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
    echo "$wanted" >".venv/installed-$tier"
fi

for catalogue in src/openkassa/locale/*/LC_MESSAGES/django.po; do
    if [ -e "$catalogue" ] && ! [ "${catalogue%.po}.mo" -nt "$catalogue" ]; then
        .venv/bin/pybabel --quiet compile --domain django --input-file "$catalogue" --output-file "${catalogue%.po}.mo"
    fi
done
