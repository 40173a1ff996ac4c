.DEFAULT_GOAL := help
PYTHON ?= python3
UV := .venv/bin/uv
MODULES := tests/npm/node_modules
TSCONFIGS := $(wildcard tests/npm/tsconfig*.json)
SYNC := UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --quiet --locked

help: ## What each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: .venv/.run ## Serve on http://127.0.0.1:8000 (on the simulated upstream, unless AZURE_OPENAI_ENDPOINT is set)
	@.venv/bin/python -m app serve

test: .venv/.dev npm ## Run the whole test suite
	.venv/bin/python -m pytest

check: .venv/.dev check-js ## Lint, types, layers, the Dockerfile
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/hadolint Dockerfile

check-js: npm ## The types in what is JavaScript
	@if [ -d $(MODULES) ]; then status=0; \
		for each in $(TSCONFIGS); do $(MODULES)/.bin/tsc -p $$each || status=1; done; exit $$status; \
	elif [ -n "$$CI" ]; then echo "CI needs npm: JavaScript would go unchecked"; exit 1; fi

npm: $(MODULES)/.package-lock.json ## Install what the tests need from npm (if npm is there)

$(MODULES)/.package-lock.json: tests/npm/package-lock.json
	@if command -v npm >/dev/null && npm --prefix tests/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	then touch $@; else echo "no packages from npm: tests that need them are skipped, JavaScript goes unchecked"; fi

cover: .venv/.dev npm ## Run the suite under coverage and hold it to its gates
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest
	.venv/bin/coverage combine --quiet
	.venv/bin/python tests/coverage_gates.py

bench: .venv/.run ## Measure the relay beside others, on Linux (ARGS="--quick --write --capacity --sweep --soak 10")
	@.venv/bin/python -m bench $(ARGS)

bench-core: .venv/.run ## Count and time the core alone: translating, judging, passing on
	@for each in translation guardrails hotpath; do PYTHONPATH=. .venv/bin/python bench/$$each.py || exit; done

key: .venv/.run ## Print a new key for a user, once, and the hash to configure
	@.venv/bin/python -m app key new

image-steps: .venv/bin/uv ## Carry out the Dockerfile's steps in a fresh directory
	tests/image_steps.sh

.env.example: app/settings.py .venv/.run
	.venv/bin/python -c 'from app.environment import example; from app.settings import all_variables; print(example(all_variables()), end="")' > $@

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"

.venv/.run: pyproject.toml uv.lock | .venv/bin/uv
	$(SYNC) --inexact --no-dev
	@touch $@

.venv/.dev: pyproject.toml uv.lock | .venv/bin/uv
	$(SYNC) --inexact
	@touch $@ .venv/.run

.PHONY: help run test check check-js npm cover bench bench-core key image-steps
