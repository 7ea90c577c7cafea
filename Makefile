# Two commands to know:
#   make demo    fill a demo organisation and start the workbench on http://localhost:8866
#   make test    run every check and test
# Everything goes into .venv, in the versions that requirements.lock names. The first run needs the network, later ones don't.

PYTHON ?= python3
PORT ?= 8866
T ?= tests
export CRM_DATABASE_URL ?= sqlite:///$(CURDIR)/crm.sqlite

.PHONY: help demo serve lab test test-fast test-deep lint migration schemas lock

help:
	@echo "make demo                   demo organisation and workbench, on http://localhost:$(PORT) (PORT=... for another)"
	@echo "make serve                  the workbench on the organisation that is there"
	@echo "make lab                    the tutorial in JupyterLab"
	@echo "make test                   every check and test; make test T=tests/model for some"
	@echo "make test-fast              the tests that need neither a browser nor much time"
	@echo "make test-deep              10,000 random reports, each time others, for the night; SEED=... asks the same again"
	@echo "make lint                   ruff and mypy"
	@echo "make migration m='what'     a new migration from the changed object definitions"
	@echo "make schemas                the schemas with which editors complete YAML, after a change of keys or words"
	@echo "make lock                   requirements.lock anew, after a change of dependencies in pyproject.toml"

demo: .venv/installed
	.venv/bin/crm demo-data --if-empty
	.venv/bin/crm serve --port $(PORT)

serve: .venv/installed
	.venv/bin/crm serve --port $(PORT)

lab: .venv/installed
	.venv/bin/crm demo-data --if-empty
	.venv/bin/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/tutorial.ipynb

test: lint
	tests/setup.sh
	.venv/bin/pytest $(T)

test-fast: .venv/installed-for-tests
	.venv/bin/pytest -m "not slow and not browser" $(T)

# Each failure prints its report and a line to reproduce it, is tried again first in the next run, and takes five minutes at most to shrink.
test-deep: .venv/installed-for-tests
	.venv/bin/pytest -m random --hypothesis-profile=deep --hypothesis-show-statistics --timeout=0 $(if $(SEED),--hypothesis-seed=$(SEED)) $(T)

lint: .venv/installed-for-tests
	.venv/bin/ruff check
	.venv/bin/mypy

# A database at the newest migration is compared with the definitions; SQLite and PostgreSQL share the migrations.
migration: .venv/installed
	@test -n "$(m)" || { echo "say what it changes: make migration m='phone of a case'"; exit 1; }
	@rm -f .venv/migration.sqlite
	CRM_DATABASE_URL=sqlite:///.venv/migration.sqlite .venv/bin/alembic upgrade head
	CRM_DATABASE_URL=sqlite:///.venv/migration.sqlite .venv/bin/alembic revision --autogenerate -m "$(m)" \
	  --rev-id $$(printf %04d $$(( $$(ls crmlib/migrations/versions/[0-9]*.py | wc -l) + 1 )))

schemas: .venv/installed
	.venv/bin/crm report-type schema

# Needs the oldest Python that is supported (Debian 12's 3.11.2): a version chosen by a newer one may refuse to install there.
lock:
	rm -rf .venv/lock
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet --upgrade setuptools
	.venv/lock/bin/pip install --quiet --editable '.[test]'
	.venv/lock/bin/pip freeze --all --exclude pip --exclude crmlib > requirements.lock
	rm -rf .venv/lock

.venv/installed: requirements.lock pyproject.toml | .venv/bin/pip
	@echo "Installing the program into .venv; the first time takes a minute or two ..."
	@.venv/bin/pip install -qq --constraint requirements.lock setuptools
	@.venv/bin/pip install -qq --constraint requirements.lock --no-build-isolation --editable .
	@touch $@

.venv/installed-for-tests: .venv/installed
	@echo "Installing what the tests need into .venv ..."
	@.venv/bin/pip install -qq --constraint requirements.lock --no-build-isolation --editable '.[test]'
	@touch $@

# Debian's Python comes without ensurepip, but any pip can put one into a new environment.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; try: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@if $(PYTHON) -c 'import ensurepip' 2> /dev/null; then \
	  $(PYTHON) -m venv .venv; \
	elif $(PYTHON) -m pip --version > /dev/null 2>&1; then \
	  $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --quiet --python .venv/bin/python install pip; \
	else \
	  echo "Python lacks pip and venv; on Debian: apt-get install python3-venv"; exit 1; \
	fi
