# Two commands do all set-up on a fresh machine: `make demo` and `make test`.
#
#   demo    the whole story on real runit, in a minute
#   test    every test, those on live processes included
#   check   what CI runs: format, lint, types, then every test
#   bench   costs beside Debian's monit, printed and not judged

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# .ci/tools unpacks runit here where it may not install it
export PATH := $(CURDIR)/$(VENV)/runit/usr/bin:$(PATH)

.PHONY: demo test check bench clean

demo: $(READY)
	$(BIN)/svwatch demo

test: $(READY)
	.ci/tools $(VENV)
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/live
	$(BIN)/python -m pytest -n 3 --dist loadfile tests/live  # they wait more than they work

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

$(READY): pyproject.toml .ci/venv
	.ci/venv $(VENV)
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
