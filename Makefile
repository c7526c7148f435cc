# survey_stats: `make help` lists what can be made. Needs Python 3.11 or newer and a package index.

AREA ?= Hässelby-Vällingby
YEAR ?= 2023
OUT  ?= build

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN  := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help appendix appendices demo audit test test-fast lint format reference bench wheel clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo "  AREA=\"Farsta\" YEAR=2023 OUT=build choose what 'make appendix' makes, DELIVERIES=folder your own files."

appendix: $(VENV)/.report ## the statistical appendix of one district as HTML, DOCX, PDF, XLSX, CSV, and the audit
	@$(BIN)/survey-stats appendix --area "$(AREA)" --year $(YEAR) --out "$(OUT)" $(if $(DELIVERIES),--deliveries "$(DELIVERIES)")

appendices: $(VENV)/.report ## the same of every district and the city (JOBS=2 says how many at a time)
	@$(BIN)/survey-stats appendix --all-areas --year $(YEAR) --out "$(OUT)" $(if $(JOBS),--jobs $(JOBS)) $(if $(DELIVERIES),--deliveries "$(DELIVERIES)")

demo: $(VENV)/.report ## the synthetic deliveries of the three surveys
	@$(BIN)/survey-stats demo --out "$(OUT)/deliveries"

audit: $(VENV)/.report ## the published statements against their figures
	@$(BIN)/survey-stats audit data/published/claims.csv

test: $(VENV)/.dev ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-fast: $(VENV)/.dev ## the tests that render nothing
	@$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.dev ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev ## let ruff put the code in order
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

reference: ## what R says, made again (needs R; each script names its packages)
	Rscript tests/reference/make.R
	@for script in $$(find tests -path '*/reference/make*.R' ! -path 'tests/reference/*' ! -name make_gss.R | sort); do \
	  echo "$$script"; (cd $$(dirname $$script) && Rscript $$(basename $$script) . > /dev/null) || echo "  left as it was"; done

bench: $(VENV)/.dev ## speed beside R survey and svy (see docs/performance.md)
	@$(BIN)/python benchmarks/estimate.py

wheel: $(VENV)/.dev ## the wheel and the source archive, in dist/
	@$(BIN)/python -m build

clean: ## remove what was built (not the environment)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; install it, or name it: make PYTHON=/path/to/python3"; exit 2; }
	@echo "Setting up the environment in $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  echo "This Python cannot make environments; install its venv module (Debian and Ubuntu: apt-get install python3-venv)"; exit 2; }

$(VENV)/.report: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing the package and what it needs (a minute or two the first time)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[report]"
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing the package and what its tests need (a minute or two the first time)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.report
