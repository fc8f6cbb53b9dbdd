#!/bin/bash
# The slow tier: every check runs, whatever the one before it said; a table of minutes at the end.
set -u
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
names=() seconds=() results=()

check() { # check NAME COMMAND...
    local name=$1 begun=$SECONDS
    shift
    echo "== $name"
    if "$@"; then results+=(passed); else results+=(failed); fi
    names+=("$name") seconds+=($((SECONDS - begun)))
}

fuzz_targets() {
    local target found=0
    for target in tests/fuzz/fuzz_*.py; do
        [ -e "$target" ] || continue
        found=1
        python "$target" --seconds "${FUZZ_SECONDS:-60}" || return 1
    done
    [ $found = 1 ] || { echo "no fuzz target in tests/fuzz"; return 1; }
}

check "ruff" ruff check .
check "format" ruff format --check .
check "types" env KASSA_HOME=.mypy_cache/home mypy
check "import contracts" lint-imports
check "templates" djlint --lint --quiet src/openkassa
check "migrations of kassa" python -m openkassa.cli.migration_lint kassa
check "migrations of ofd" python -m openkassa.cli.migration_lint ofd
check "translations" python scripts/messages.py --check
check "licences" python scripts/licences.py
check "fuzz" fuzz_targets
check "slow tests" pytest -m slow tests
check "slow tests of the operator" pytest -m slow tests/ofd

echo "== slow tier"
passed=0 failed=0
for index in "${!names[@]}"; do
    printf '%-28s %-6s %5.1f min\n' "${names[$index]}" "${results[$index]}" \
        "$(echo "${seconds[$index]}" | awk '{print $1 / 60}')"
    if [ "${results[$index]}" = passed ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "checks: $passed passed, $failed failed"
[ $failed = 0 ]
