#!/bin/sh
# Installs packages of Debian or Ubuntu: system_packages.sh NAME...  Fails, and says why, where it may not.
set -u
if ! command -v apt-get >/dev/null 2>&1; then
    echo "This machine has no apt-get: install by hand what stands for: $*" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Packages are missing and this account may not install them. Run: sudo apt-get install $*" >&2
    exit 1
fi
install() { DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" </dev/null; }
echo "installing $*"
install "$@" >/dev/null 2>&1 || { $as_root apt-get update -qq </dev/null && install "$@"; }
