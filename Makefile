# The two commands of the README, and the parts they are made of.
#   make run     starts the application      (make run ARGS="--model embedded --port 8001")
#   make test    every check there is        (make test TESTS=tests/analysis for some of them)
#   make types   the JSDoc types of the page, by the TypeScript compiler; needs Node and npm

PYTHON ?= python3
ARGS ?=
TESTS ?= tests
PY := .venv/bin/python

.PHONY: run test check types bench clean

run: .venv/installed
	@$(PY) -m attention_atlas.cli $(ARGS)

test: .venv/installed-dev check
	@$(PY) scripts/ensure_chromium.py
	@$(PY) -m pytest $(TESTS)

check: .venv/installed-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m basedpyright
	@$(PY) scripts/check_imports.py
	@$(PY) scripts/check_javascript.py

types:
	@npx --yes --package typescript@7.0.2 tsc -p .

bench: .venv/installed-dev
	@$(PY) -m benchmarks

clean:
	rm -rf .venv build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Attention Atlas needs Python 3.10 or newer; this is " + sys.version.split()[0] + ". Choose another: make PYTHON=python3.11 ...") if sys.version_info < (3, 10) else 0'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt pyproject.toml
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
