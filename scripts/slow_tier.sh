#!/bin/bash
# The slow tier: every check runs, whatever the one before it said; a table of minutes at the end.
set -u
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
names=() seconds=() results=()
NOT_RUN=75 # exit code of a check that this machine has not the means for

check() { # check NAME COMMAND...
    local name=$1 begun=$SECONDS
    shift
    echo "== $name"
    "$@"
    case $? in
        0) results+=(passed) ;;
        "$NOT_RUN") results+=("not run") ;;
        *) results+=(failed) ;;
    esac
    names+=("$name") seconds+=($((SECONDS - begun)))
}

fuzz_targets() {
    local target seed=$RANDOM
    for target in tests/fuzz/*_target.py; do
        echo "$target, seed $seed, ${FUZZ_SECONDS:-120} s"
        python -m "tests.fuzz.$(basename "$target" .py)" "$seed" "${FUZZ_SECONDS:-120}" || return 1
    done
}

newer_python() { # the law's library under a newer interpreter, where the machine has one
    local name
    for name in python3.14 python3.13 python3.12; do
        "$name" -c 'import sys' 2>/dev/null || continue
        "$name" -m venv --clear .venv-newer &&
            .venv-newer/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.lock &&
            .venv-newer/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . &&
            .venv-newer/bin/python -m pytest -m "not slow" tests/fiscal tests/cli
        return
    done
    echo "this machine has no Python newer than $(python --version): not run under one"
    return $NOT_RUN
}

check "ruff" ruff check .
check "format" ruff format --check .
check "types" bash scripts/types.sh
check "import contracts" lint-imports
check "templates" djlint --lint --quiet src/openkassa
check "migrations of kassa" python -m openkassa.cli.migration_lint kassa
check "migrations of ofd" python -m openkassa.cli.migration_lint ofd
check "licences" python scripts/licences.py
check "fuzz" fuzz_targets
check "newer Python" newer_python
check "slow tests" pytest -m slow tests
check "slow tests of the operator" pytest -m slow tests/ofd

echo "== slow tier"
passed=0 failed=0 without=0
for index in "${!names[@]}"; do
    printf '%-28s %-7s %5.1f min\n' "${names[$index]}" "${results[$index]}" \
        "$(echo "${seconds[$index]}" | awk '{print $1 / 60}')"
    case ${results[$index]} in
        passed) passed=$((passed + 1)) ;;
        failed) failed=$((failed + 1)) ;;
        *) without=$((without + 1)) ;;
    esac
done
echo "checks: $passed passed, $failed failed, $without not run"
[ $failed = 0 ]
