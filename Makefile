# The commands of the project. `make reports` and `make test` need Python 3.11-3.13 (with venv), git and make; nothing else.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# what JupyterLab notes of this machine's Python: nothing that a reader of a change wants to see
NOTED := $(addprefix metadata.language_info.,codemirror_mode file_extension mimetype nbconvert_exporter pygments_lexer version)
STRIP := $(BIN)/nbstripout --keep-id --extra-keys "$(NOTED)"
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1

.PHONY: reports test prove reliability evidence check lab strip diffs bench docs lock clean gallery page-budgets cluster-demo
.DEFAULT_GOAL := reports

reports: .venv/ready            ## render the last complete month for every unit (the sample business unless params/suite.yml names data)
	$(BIN)/python run_reports.py

test: .venv/ready               ## all tests
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

prove: .venv/ready              ## the long proofs, whole: browser matrix, soak, kills, simulated year, planted effects, database servers
	$(BIN)/python -m pytest -q -m prove

reliability: .venv/ready        ## renew docs/reliability.md from a run of the fault tests; PROVE=--prove runs the long ones too
	$(BIN)/python -m tests.faults $(PROVE)

check: .venv/ready              ## style, types, stripped notebooks, parameters, catalogue: the same as the commit hook and CI
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(STRIP) --verify notebooks/*.ipynb
	$(BIN)/python run_reports.py check

lab: .venv/ready                ## JupyterLab with the data prepared, so that every notebook runs by hand
	$(BIN)/python run_reports.py check
	$(BIN)/jupyter lab notebooks --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly --LabApp.app_settings_dir=$(CURDIR)/params/jupyterlab $(LAB_OPTIONS)

strip: .venv/ready              ## notebooks as git keeps them: without outputs, and without what JupyterLab notes of this machine
	$(STRIP) notebooks/*.ipynb

diffs: .venv/ready              ## git diff and git merge read notebooks by cells, in this clone
	git config diff.jupyternotebook.command '$(BIN)/git-nbdiffdriver diff'
	git config merge.jupyternotebook.driver '$(BIN)/git-nbmergedriver merge %O %A %B %L %P'
	git config merge.jupyternotebook.name 'notebooks by cells'

bench: .venv/ready              ## what it costs, as ratios in one run
	$(BIN)/python -m benchmarks

evidence: .venv/ready           ## docs/evidence.md: what the signals find of planted effects, and claim of nothing (three seeds, some 20 CPU minutes)
	$(BIN)/python -m benchmarks.evidence

cluster-demo: .venv/ready       ## a Dask scheduler and two workers on this machine, and the reports rendered through them
	$(BIN)/python -m analysis.reporting.cluster_demo

docs: .venv/ready               ## regenerate the reference pages, and build docs/ as a static site in .store/docs/site
	$(BIN)/python -m analysis.data_model
	$(BIN)/python -m analysis.metrics
	$(BIN)/python -m analysis.reporting.coverage
	$(BIN)/python -m analysis.reporting.reference
	$(BIN)/python docs/build_site.py

gallery: reports                ## the pictures of docs/gallery, anew, from the reports just rendered (needs Chromium)
	$(BIN)/python -m tests.pages.gallery $$(ls -d reports/2*/ | tail -1)

page-budgets: reports           ## the budgets of the company's and the last unit's pages just rendered, as a table (needs Chromium)
	$(BIN)/python -m tests.pages.budgets $$(ls -d reports/2*/ | tail -1)all $$(ls -d reports/2*/*/ | grep -v '/all/\|/failed/' | tail -1)

lock:                           ## renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev --upgrade pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .store reports/*

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11-3.13 with venv found; install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@echo "Setting up .venv with $(PYTHON) (once; a minute or two) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
