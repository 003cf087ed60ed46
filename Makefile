# Everything installs itself into $(VENV) from the locks in requirements/: no root, no Docker, no account.
.DEFAULT_GOAL := help
.PHONY: help run test check bench faults messages format lock wheel clean

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= tests
LANGUAGES ?= $(patsubst templates/locale/%.po,%,$(wildcard templates/locale/*.po))

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run ## Start everything and send the first edition (FEED=https://… TO=me@example.com)
	@$(BIN)/newsletter up $(if $(FEED),--feed '$(FEED)') $(if $(TO),--to '$(TO)') $(if $(DATA),--data '$(DATA)')

test: $(VENV)/dev ## Run every test (TESTS=tests/edition for some)
	@$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/dev ## Lint, check types, layers, words and docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layers.py tests/test_glossary.py tests/test_docs.py tests/test_shape.py

bench: $(VENV)/dev ## Compare a sending with others, into docs/performance.md (BENCH=--thorough)
	@$(BIN)/python -m bench --write $(BENCH)

faults: $(VENV)/dev ## Kill, freeze and cut what sends, and count what readers got (FAULTS='--only 1 --recipients 5000')
	@$(BIN)/python -m faults $(FAULTS)

messages: $(VENV)/dev ## Bring the catalogues of our languages up to date with what is said
	@$(BIN)/newsletter messages $(LANGUAGES) --templates templates

format: $(VENV)/dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

wheel: $(VENV)/dev ## Build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: ## Renew requirements/*.lock and the judges of .ci/mail (needs uv and npm)
	uv pip compile pyproject.toml $(LOCK) --extra embedded --group build --output-file requirements/run.lock
	uv pip compile pyproject.toml $(LOCK) --extra embedded --group build --group dev --output-file requirements/dev.lock
	cd .ci/mail && npm install --silent --package-lock-only --omit-lockfile-registry-resolved
	@$(PYTHON) -c 'import json, pathlib; file = pathlib.Path(".ci/mail/package-lock.json"); lock = json.loads(file.read_text()); \
	  [each.pop("funding", None) for each in lock["packages"].values()]; file.write_text(json.dumps(lock, indent=2) + "\n")'

LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

clean: ## Remove what was installed and built; data and mail stay
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/run: requirements/run.lock pyproject.toml
	@$(call install,run)

$(VENV)/dev: requirements/dev.lock pyproject.toml
	@$(call install,dev)

define install
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=python3.13 …" >&2; exit 1; }; \
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "$(PYTHON) cannot make environments: install its venv package (python3-venv on Debian)." >&2; exit 1; }; \
	echo "Installing into $(VENV) from requirements/$(1).lock …"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$(1).lock && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && \
	touch $(VENV)/$(1)
endef
