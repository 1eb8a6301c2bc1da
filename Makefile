# `make` alone lists what there is. PORT=… and PYTHON=… may be given: make run PORT=9000
# How fast it is: docs/PERFORMANCE.md.

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin/python
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make requirements"

# mypy's plugin loads the settings; with addresses given it starts no engine that it would leave behind.
NO_ENGINES := DATABASE_URL=postgresql://rupaya_user@localhost/rupaya REDIS_URL=redis://localhost:6379/0

# Two at once where this make can keep their words apart; macOS's can't.
AT_ONCE := $(if $(filter output-sync,$(.FEATURES)),--jobs=2 --output-sync=target)

BENCH ?=
ONLY ?=
ROWS ?= 10000000

.DEFAULT_GOAL := help
.PHONY: help run demo test lint deploy-check image security bench chaos requirements runtime tools

help: ## List what make can do
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-20s %s\n' "$$name" "$$text"; done

run: runtime ## Install, start everything, and print the address; PORT=9000 chooses the port
	@$(BIN) manage.py dev

demo: runtime ## The same with a household of two years, and its sign-in
	@$(BIN) manage.py dev --demo

# Many tests start programs: what they import is compiled once, whatever the environment thinks of __pycache__.
test: export PYTHONDONTWRITEBYTECODE =
test: tools ## Everything that CI checks
	@echo "── lint and deploy-check, side by side" && $(MAKE) --no-print-directory $(AT_ONCE) lint deploy-check ONLY="--but pytest"
	@echo "── tests" && $(BIN) -m pytest -n 2

lint: tools ## Style, types, layers and templates
	@echo "── ruff: style" && $(BIN) -m ruff check --quiet .
	@echo "── ruff: format" && $(BIN) -m ruff format --check --quiet .
	@echo "── mypy: types" && $(NO_ENGINES) $(BIN) -m mypy --no-error-summary .
	@echo "── import-linter: layers" && $(BIN) -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
	@echo "── djlint: templates" && $(BIN) -m djlint templates --quiet --check --lint

deploy-check: tools ## What is wrong with what deploys, without a cloud: Terraform, Dockerfile, compose, workflows, scripts; ONLY=checkov chooses
	@$(BIN) -m tests.deploy $(ONLY)

image: tools ## Build the image and run it as production does: health, user, read-only root, SIGTERM; by Docker, or buildah as root
	@$(BIN) -m tests.deploy.image

security: tools ## What tools from outside find: ruff, bandit, semgrep, gitleaks, MDN's Observatory, wapiti, sqlmap; ONLY="semgrep" chooses
	@$(BIN) -m tests.security $(ONLY)

bench: tools ## Measure against floors; BENCH="posting bulk" chooses, ROWS=1000000 makes the large ledger smaller
	@$(BIN) -m tests.benchmarks $(BENCH) --rows $(ROWS)

chaos: tools ## Kill, freeze and fill engines of its own under load, and count what was lost
	@$(BIN) -m pytest tests/chaos tests/deploy tests/journeys -m chaos --capture=no -q

requirements: ## Pin requirements.in and tests/requirements.in again, with uv
	@command -v $(UV) >/dev/null || { echo "uv is not installed; see https://docs.astral.sh/uv, or name it: make requirements UV=…" >&2; exit 1; }
	@$(COMPILE) --output-file requirements.txt requirements.in
	@$(COMPILE) --output-file tests/requirements.txt tests/requirements.in
	@$(COMPILE) --output-file tests/security/requirements.txt tests/security/requirements.in
	@$(COMPILE) --output-file tests/security/scanners.txt tests/security/scanners.in
	@$(COMPILE) --output-file tests/deploy/requirements.txt tests/deploy/requirements.in

runtime:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON); install Python 3.11, 3.12 or 3.13, or name it: make run PYTHON=…" >&2; exit 1; }
	@$(PYTHON) rupaya/bootstrap.py

tools:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON); install Python 3.11, 3.12 or 3.13, or name it: make test PYTHON=…" >&2; exit 1; }
	@$(PYTHON) rupaya/bootstrap.py --dev
