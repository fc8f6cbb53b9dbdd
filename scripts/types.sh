#!/bin/bash
# mypy, once for each Django project: a model has its manager and fields only under the settings that install it.
cd "$(dirname "$0")/.." || exit
export PATH="$PWD/.venv/bin:$PATH" KASSA_HOME=.mypy_cache/home

of() { # of PROJECT MYPY-ARGUMENTS...
    local project=$1
    shift
    echo "types under the settings of $project"
    DJANGO_SETTINGS_MODULE="openkassa.projects.$project.settings" mypy --cache-dir ".mypy_cache/$project" "$@"
}

failed=0
of kassa --exclude 'openkassa/(projects/)?ofd/' -p openkassa || failed=1
of ofd -p openkassa.ofd -p openkassa.projects.ofd || failed=1
exit $failed
