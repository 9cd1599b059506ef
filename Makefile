# The two commands a newcomer needs are `make demo` and `make test`; both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)

# Containers are often set up to keep no bytecode; each process would then compile the test suite and all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help venv demo unit test fuzz browser screenshots playwright check lint types contracts bench lock wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up and watch a scripted candidate sit a short loop"
	@echo "make test    set up and run all tests"
	@echo "make unit    the tests without simulations, sweeps, crashes and pages"
	@echo "make fuzz    ask the API everything its description allows, and much that it does not, as each role"
	@echo "make browser test the pages in a real browser (needs chromium)"
	@echo "make screenshots  pictures of every page, under out/screens (ONLY=name for some)"
	@echo "make check   lint, types and import contracts"
	@echo "make wheel   build the wheel"
	@echo "make lock    resolve requirements/*.txt anew"

venv: $(STAMP)

$(STAMP): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "examiner needs Python 3.11 or newer; $$($(PYTHON) --version) is $(PYTHON). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
ifdef UV
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

demo: venv
	@$(BIN)/examiner demo

# A worker a core; `PARALLEL=` runs one after the other, where a debugger is wanted.
PARALLEL ?= -n auto --dist worksteal

unit: venv
	@$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

test: venv
	@$(BIN)/python -m pytest $(PARALLEL)

# FUZZ is how many cases by chance for each operation, beside all at its bounds.
FUZZ ?= 50
fuzz: venv
	@EXAMINER_FUZZ=$(FUZZ) $(BIN)/python -m pytest -s tests/api/test_schemathesis.py

# Needs chromium (apt-get install chromium); CHROMIUM names another path.
browser: playwright
	@$(BIN)/python -m pytest -m browser tests/web

screenshots: playwright
	@$(BIN)/python tests/web/screenshots.py $(if $(ONLY),--only $(ONLY))

playwright: venv
	@$(BIN)/python -c 'import playwright' 2>/dev/null || $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet) 'playwright>=1.50'

check: lint types contracts

lint: venv
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: venv
	@$(BIN)/mypy

contracts: venv
	@$(BIN)/lint-imports

wheel: venv
	@$(BIN)/python -m build --wheel --no-isolation

# Needs uv. Hashes, no index addresses; the same file serves every index.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  pyproject.toml -o requirements/run.txt

clean:
	rm -rf $(VENV) dist build out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
