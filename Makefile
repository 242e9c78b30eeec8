# make help says what there is. Two commands are enough to begin: make demo, make test.
PYTHON ?=
HOST ?= 127.0.0.1
PORT ?= 8000
ARGS ?=
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo up doctor test lint bench messages audit sbom lock

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.runtime ## start everything with example data; HOST= and PORT= say where
	@exec $(BIN)/python manage.py demo --host $(HOST) --port $(PORT)

up: .venv/.runtime ## start everything with your own data
	@exec $(BIN)/python manage.py up --host $(HOST) --port $(PORT)

doctor: .venv/.runtime ## check this installation and say what to do
	@$(BIN)/python manage.py doctor

test: .venv/.dev ## run all tests on all cores, each on engines made for the run; ARGS= goes to pytest
	@REVIEWAPP_CHROMIUM="$$(.ci/chromium)" $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: .venv/.dev ## check style, types, layers, spelling and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/deptry .

bench: .venv/.dev ## measure with the full budget
	@REVIEWAPP_BENCH=full $(BIN)/python -m pytest -m bench $(ARGS)

messages: .venv/.dev ## read what is marked for translation into the catalogues and compile them (needs gettext)
	$(BIN)/python manage.py makemessages --all --no-wrap --no-obsolete --add-location file --ignore tests --ignore .venv
	$(BIN)/python manage.py compilemessages --ignore .venv

audit: .venv/.dev ## ask for known holes in pinned packages (needs pip-audit and the network)
	@.ci/audit

sbom: .venv/.dev ## write sbom.json: every package that runs in production, with digests (CycloneDX)
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --of JSON -o sbom.json

lock: ## pin all dependencies anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--upgrade pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--upgrade --constraint requirements.lock --group dev pyproject.toml --output-file requirements-dev.lock

.venv/bin/python:
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$python -m venv .venv; \
		fi; \
	done; \
	echo "Needed: Python 3.11 or newer with its venv module (on Debian and Ubuntu: python3-venv)." >&2; exit 1

.venv/.runtime: requirements.lock | .venv/bin/python
	@echo "Installing what requirements.lock lists into .venv …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	@echo "Installing what requirements-dev.lock lists into .venv …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.runtime
