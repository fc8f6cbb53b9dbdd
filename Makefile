# Two commands for a newcomer: `make up` and `make test`. `make help` lists the others.
BIN := .venv/bin
PYTEST := $(BIN)/pytest
WORKERS ?= 2
QUICK := not slow$(if $(KASSA_TEST_WITHOUT_BROWSER), and not browser)
export KASSA_TEST_WITHOUT_BROWSER

.PHONY: help up setup setup-dev test test-slow lint format types imports migrations licences lock messages clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

up: setup ## install, start everything, show a sale on its way, stay up until Ctrl-C
	@$(BIN)/kassa up --demo

setup: ## make .venv and install the pinned packages into it
	@sh scripts/setup.sh runtime

setup-dev:
	@sh scripts/setup.sh dev

test: setup-dev ## the quick tests: at most 10 minutes on two cores
	@sh scripts/test_needs.sh
	$(PYTEST) -n $(WORKERS) -m "$(QUICK)" tests
	$(PYTEST) -n $(WORKERS) -m "$(QUICK)" tests/ofd

test-slow: setup-dev ## lint, types, contracts, migrations, licences, fuzz, slow tests
	@sh scripts/test_needs.sh
	@bash scripts/slow_tier.sh

lint: setup-dev ## ruff and djlint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet src/openkassa

format: setup-dev ## let ruff write what it wants to read
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup-dev ## mypy
	@bash scripts/types.sh

imports: setup-dev ## who may import whom
	$(BIN)/lint-imports

migrations: setup-dev ## models and migrations agree; no migration stops a running platform
	$(BIN)/python -m openkassa.cli.migration_lint kassa
	$(BIN)/python -m openkassa.cli.migration_lint ofd

licences: setup-dev ## every installed package has a licence that we allow
	$(BIN)/python scripts/licences.py

lock: setup-dev ## pin the packages anew
	for tier in runtime dev clients; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header requirements/$$tier.in -o requirements/$$tier.lock || exit 1; \
	done

messages: setup-dev ## collect the texts to be translated, and compile the translations
	$(BIN)/python -m openkassa.ui.messages
	@sh scripts/setup.sh dev

clean: ## forget what was installed and cached; data in .kassa stays
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
