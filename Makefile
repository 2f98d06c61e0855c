# What a person types. Only Python 3.11+, make and git are needed beforehand.
#   make demo [PORT=8000] [HOST=127.0.0.1] [DEMO_LIFE=0]    a living city, Ctrl-C stops it
#   make demo-reset   forget that city        make test     the whole suite
#   make check        what must be clean      make bench    figures, as ratios inside one run
#   make faults       kill things and look

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install install-demo demo demo-reset test check bench faults

UV_VERSION := 0.13.9
PY := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
export PORT HOST DEMO_LIFE
# What was compiled once serves all processes and runs, whatever the environment says of it.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/.local/pycache

help:
	@sed -n 's/^#  *//p' Makefile | head -5

# The first Python that really runs and is new enough (a shim may only pretend to).
FIND_PYTHON = found=; for try in "$$PYTHON" python3 python3.11 python3.12 python3.13 python3.14; do \
	  [ -n "$$try" ] && "$$try" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && found=$$("$$try" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))') \
	    && break; \
	done; \
	[ -n "$$found" ] || { echo "Dengta needs Python 3.11 or newer (Debian: apt install python3 python3-venv)."; exit 1; }

FIND_UV = uv=$$(command -v uv || echo .local/uv/bin/uv); \
	if ! "$$uv" --version >/dev/null 2>&1; then \
	  uv=.local/uv/bin/uv; mkdir -p .local; \
	  "$$found" -m venv --clear .local/uv || { echo "Python cannot make a venv (Debian: apt install python3-venv)."; exit 1; }; \
	  .local/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
	fi

# Nothing is taken away: a demo started beside a developer's work leaves the tools in place.
SYNC = set -e; $(FIND_PYTHON); $(FIND_UV); "$$uv" sync --quiet --frozen --inexact --python "$$found"

install:
	@$(SYNC)

install-demo:
	@$(SYNC) --no-dev

demo: install-demo
	@exec $(PY) -m config.running

demo-reset:
	@[ ! -x $(PY) ] || $(PY) -m config.servers erase .local
	@rm -rf .local/postgres .local/valkey .local/beat .local/log .local/media .local/secrets.json .local/demo.lock
	@echo "The city is forgotten; make demo builds a new one."

# Those that kill servers for minutes have a command of their own.
# The others run side by side on servers of their own, the longest first; one more at a time
# than there are cores, as browsers and servers are waited for.
AT_ONCE := -n $$(( $$(nproc 2>/dev/null || echo 2) + 1 )) --maxprocesses=4 --dist worksteal
ONLY_FAULTS := spike ambiguous_commit redis_away clock_moved pressed_twice kiosk_cut_off board_out_of_touch desk_out_of_touch hall_alone workers_killed worker_clock_moved week_of_messages

test: install
	$(PY) -m pytest -rsR $(AT_ONCE) $(ONLY_FAULTS:%=--ignore=tests/faults/test_%.py)
	@echo "Not run here, see make faults: $(ONLY_FAULTS)"

faults: install
	$(PY) -m pytest -rsR tests/faults

bench: install
	@mkdir -p .local/bench
	$(PY) manage.py bench all --json

# Throwaway keys are enough here: nothing is sealed.
check: export DENGTA_EMBEDDED := 1
check: install
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) manage.py check
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m config.checking
	$(PY) -m config.translating --check
	$(PY) -m mypy .
	$(PY) -m pytest tests/conformance/test_compose.py
