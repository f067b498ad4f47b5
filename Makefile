# `make` alone lists the targets. The logic is in sandbox/toolchain, in Python's standard library.
PYTHON ?= python3
FOR ?= all
ARGS ?=
N ?= 200
SEED ?= 1
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench chaos

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install and build what is missing; FOR=demo, test or all
	@$(PYTHON) -m sandbox.toolchain.setup --for $(FOR)

demo: ## start everything, play a canary rollback as three people, stay up; PLAY=0 waits for you instead
	@$(PYTHON) -m sandbox.toolchain.setup --for demo
	@$(RUN) -m sandbox demo $(ARGS)

test: ## all tests on the real parts; ARGS=tests/unit picks some
	@$(PYTHON) -m sandbox.toolchain.setup --for test
	@$(RUN) -m pytest $(ARGS)

check: ## lint, format, types, import rules, the shipped catalog
	@$(PYTHON) -m sandbox.toolchain.setup --for check
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy .
	.venv/bin/lint-imports
	$(RUN) -m cli catalog check

bench: ## the product's figures beside their goals; CLUSTER=KUBECONFIG measures your own, ARGS=--help says how
	@$(PYTHON) -m sandbox.toolchain.setup --for test
	@$(RUN) -m $(if $(CLUSTER),bench.real --kubeconfig $(CLUSTER),bench) $(ARGS)

chaos: ## N=200 SEED=1: rollbacks while everything is killed and cut off; writes bench/chaos.json
	@$(PYTHON) -m sandbox.toolchain.setup --for test
	@$(RUN) -m tests.chaos --n $(N) --seed $(SEED) $(ARGS)
