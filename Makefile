# Two commands do everything: `make demo` and `make test`. Both create .venv when it is missing.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/.installed-run
DEV := $(BIN)/.installed-dev
AUDIT := $(BIN)/.installed-audit
FUZZ_SECONDS ?= 60
# Full sizes; a + stands for a blank.
BENCHES := areas+1000+10000+100000+--write intake+20000+200000+--rounds+3+--write \
  intake_cad+--rounds+3+--write detect+--write cases maps dossiers verify chain accuracy+--write
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-long fuzz format screenshots bench catalogue reference lock audit sbom clean help

help:            ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(RUN)     ## set up, then carry the sample through the whole chain into build/demo
	$(BIN)/regularize demo build/demo --overwrite

test: $(DEV)     ## format, lint, types, tests (what is long is sampled)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	sh scripts/chromium.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long"

test-long: $(DEV)  ## the same, whole: takes minutes
	sh scripts/chromium.sh
	EXAMPLES=others MUTATION_SECONDS=600 $(BIN)/python -m pytest -n 2 --dist worksteal

fuzz: $(DEV)     ## feed every reader of text with mutated files, FUZZ_SECONDS each (60)
	$(BIN)/python fuzz/run.py --seconds $(FUZZ_SECONDS)

format: $(DEV)   ## mend the format and what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

catalogue: $(DEV)  ## compile the message catalogues
	$(BIN)/python scripts/catalogue.py

reference: $(DEV)  ## write docs/cli.md, docs/codes.md, docs/parameters.md from the program
	$(BIN)/python scripts/reference.py

screenshots: $(DEV)  ## photograph the demonstration's maps and a dossier, to be looked at
	sh scripts/chromium.sh
	$(BIN)/regularize demo build/demo --overwrite
	$(BIN)/python scripts/screenshots.py build/demo

bench: $(DEV)    ## run the benchmarks in full and rewrite their tables in docs/; fails where a figure is missed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all,dev,bench]'
	@missed=; for b in $(BENCHES); do \
	  echo "== $$b"; $(BIN)/python -m benchmarks.$$(echo $$b | tr '+' ' ') || missed="$$missed $$b"; \
	done; test -z "$$missed" || { echo "failed or missed:$$missed"; exit 1; }

lock: $(DEV)     ## write requirements.lock: the pins of constraints.txt with hashes
	$(BIN)/python scripts/lock.py

audit: $(AUDIT)  ## ask for known vulnerabilities of what is pinned; says so where nobody answers
	$(BIN)/python scripts/audit.py

sbom: $(AUDIT)   ## write build/sbom.cdx.json: what the program consists of (CycloneDX)
	@mkdir -p build
	$(BIN)/python -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml \
	  --output-reproducible --output-file build/sbom.cdx.json

clean:           ## remove what was built; .venv stays
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(RUN): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all]'
	@touch $@

# gdal-utils is only its GeoPackage validator here, which needs no GDAL bindings: hence --no-deps.
$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all,dev]'
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps gdal-utils
	@touch $(RUN) $@

$(AUDIT): $(DEV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all,dev,audit]'
	@touch $@
