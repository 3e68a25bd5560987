# make forecast: a million futures of the calibrated baseline. make test: everything CI runs. See README.md.
PYTHON ?= python3
TRAJECTORIES ?= 1e6
PY := .venv/bin/python

# Where Python may not keep its bytecode, every process compiles the sources of all it imports: six seconds of a processor
# instead of three for the smallest forecast. It lies in ignored folders.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help forecast calibrate backtest test bench bench-check bench-short bench-store bench-long bench-estimate
.PHONY: bench-coverage docs lint format clean run-env test-env rivals-env

help:
	@echo "make forecast   install what is missing, run configs/baseline_2025.toml, print the table (TRAJECTORIES=1e6)"
	@echo "make calibrate  fit the baseline to the record of 2025 again: configs/baseline_2025.parquet"
	@echo "make backtest   forecasts of the past against what followed: docs/backtest"
	@echo "make test       lint, the whole test suite, and the short form of bench-check"
	@echo "make bench      the benchmarks: docs/benchmarks.md (ONLY=rivals: that section alone)"
	@echo "make bench-check  has a mechanism become slower? (SLOW=demand plants 20 %); also bench-short, -store, -long"
	@echo "make bench-estimate  how much smaller errors are under each way of drawing futures;  make bench-coverage"
	@echo "make docs       make every number and figure of the documentation, and the notebooks, again"
	@echo "make lint       ruff check and format check;  make format: let ruff rewrite"
	@echo "make clean      remove .venv and what tools left behind (runs/ is kept)"

# Compares lock files, pyproject.toml and the installed files with the last installation; installs only on a difference.
run-env:
	@$(PYTHON) tools/environment.py run

test-env:
	@$(PYTHON) tools/environment.py test

# Into .rivals. Offline the benchmarks run all the same and list what is missing.
rivals-env:
	@$(PYTHON) tools/environment.py rivals

# --force: the folder's name follows from scenario and seed, so a second run replaces the first with the same numbers.
forecast: run-env
	@$(PY) -m stackcast run configs/baseline_2025.toml --trajectories $(TRAJECTORIES) --force

# Two minutes on two cores. The same bits again, unless scenario, record or code have changed.
calibrate: run-env
	@$(PY) -m stackcast calibrate configs/baseline.toml --as-of 2025-12-31 --out configs/baseline_2025.parquet

backtest: run-env
	@$(PY) -m stackcast backtest configs/baseline.toml --out docs/backtest

# Two workers: the tests wait for compilers and processes half of the time. A file stays with one worker. Files go out as
# they are listed: reordered, the slowest would come last, because they hold few tests, and one worker would end alone.
# What is timed runs after them, alone on the machine.
# The core and the baseline's passes are compiled before: both workers would compile them, at the same time.
test: lint
	@$(PY) -c "import stackcast; stackcast.run('configs/baseline.toml', trajectories=256, sample=0)"
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder
	@$(PY) -m benchmarks.check --short

bench: rivals-env
	@$(PY) -m benchmarks $(if $(ONLY),--only $(ONLY))

# The short form on real timings: it sees what is planted, and unchanged code passes.
bench-short: test-env
	@$(PY) -m pytest benchmarks -q

# Against benchmarks/baseline.json. SLOW=demand makes that mechanism a fifth slower (BY=2: twice as slow), SHORT=1 takes
# the form that make test runs: the check must fail.
bench-check: test-env
	@$(PY) -m benchmarks.check $(if $(SHORT),--short) $(if $(SLOW),--slow $(SLOW)) $(if $(BY),--by $(BY))

# After a change that is meant to cost time, on a machine with nothing else to do.
bench-store: test-env
	@$(PY) -m benchmarks.check --store

# Ten minutes: errors of every output under each sampling scheme, docs/estimate.md.
bench-estimate: test-env
	@$(PY) -m benchmarks.estimate

# Most of an hour: how often reported intervals hold the truth under each sampling scheme, docs/coverage.md.
bench-coverage: test-env
	@$(PY) -m benchmarks.coverage

# More than an hour: 200 checks of unchanged code (a line each in .benchmarks/check.log), then runs of up to a hundred
# million trajectories (ten million of the baseline), for the page.
bench-long: test-env
	@$(PY) -m benchmarks --only checks --only long

# Prints which files changed. Anything that alters results or an option's help needs it; a test compares.
docs: test-env
	@$(PY) -m tools.docs

lint: test-env
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: test-env
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

clean:
	rm -rf .venv .rivals .pytest_cache .ruff_cache .hypothesis .benchmarks build dist src/*.egg-info
	find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
