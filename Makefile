# What a user types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

ENV ?= HalfCheetah
OUT ?= runs
# Empty means hpo's own default, or what CONFIG says: sac-hpo, 0, 1000000.
ALGO ?=
SEED ?=
STEPS ?=
CONFIG ?=

export PKG_CONFIG_PATH := $(CURDIR)/Vendor/pkgconfig:$(PKG_CONFIG_PATH)

# Diagnostics without colour whether a terminal reads them or a pipe: the flag is part of what a build was made with, and going from one
# to the other would make it anew. The processor's instructions are chosen when the program starts.
SWIFT_FLAGS := -c release --no-color-diagnostics
# Bullet takes a minute and a half to build: only who uses its tasks waits for it.
BULLET := $(if $(findstring Flagrun,$(ENV))$(findstring PyBullet,$(ENV)),setup-bullet)
HPO = "$$(swift build $(SWIFT_FLAGS) --show-bin-path)/hpo"

## help: this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## experiment: train, e.g. make experiment ENV=HalfCheetah ALGO=sac-hpo SEED=0 STEPS=1000000 OUT=runs CONFIG=settings.yaml
.PHONY: experiment
experiment: $(BULLET) build
	@$(HPO) train "$(ENV)" --out "$(OUT)" $(if $(ALGO),--algorithm "$(ALGO)") $(if $(SEED),--seed "$(SEED)") \
	  $(if $(STEPS),--steps "$(STEPS)") $(if $(CONFIG),--config "$(CONFIG)")

## sweep: many runs, e.g. make sweep PLAN=Experiments/paper/figure-4.yaml OUT=runs
.PHONY: sweep
sweep: setup-bullet build
	@test -n "$(PLAN)" || { echo "make sweep: name a plan, PLAN=Experiments/paper/figure-4.yaml" >&2; exit 2; }
	@$(HPO) sweep "$(PLAN)" --out "$(OUT)" $(if $(SEEDS),--seeds "$(SEEDS)") $(if $(STEPS),--steps "$(STEPS)") $(if $(JOBS),--jobs "$(JOBS)")

## evaluate: returns of a trained policy, e.g. make evaluate RUN=runs/HalfCheetah-v2/sac-hpo/seed-0
.PHONY: evaluate
evaluate: build
	@test -n "$(RUN)" || { echo "make evaluate: name a run directory, RUN=runs/HalfCheetah-v2/sac-hpo/seed-0" >&2; exit 2; }
	@$(HPO) evaluate "$(RUN)"

# The film's name says its kind; without ffmpeg it is an animated PNG.
FILM ?= $(if $(shell command -v ffmpeg),film.mp4,film.png)

## video: a film of a trained policy, e.g. make video RUN=runs/HalfCheetah-v2/sac-hpo/seed-0 FILM=film.mp4
.PHONY: video
video: build
	@test -n "$(RUN)" || { echo "make video: name a run directory, RUN=runs/HalfCheetah-v2/sac-hpo/seed-0" >&2; exit 2; }
	@$(HPO) video "$(RUN)" --output "$(FILM)"

## watch: a window on a trained policy, e.g. make watch RUN=runs/HalfCheetah-v2/sac-hpo/seed-0
.PHONY: watch
watch: build
	@test -n "$(RUN)" || { echo "make watch: name a run directory, RUN=runs/HalfCheetah-v2/sac-hpo/seed-0" >&2; exit 2; }
	@$(HPO) watch "$(RUN)"

## lint: the sources are laid out as .swift-format says
.PHONY: lint
lint:
	@swift format lint --strict --parallel $$(git ls-files '*.swift')

## format: lay the sources out as .swift-format says
.PHONY: format
format:
	@swift format --in-place --parallel $$(git ls-files '*.swift')

## test: every test, or some: make test FILTER=AgentsTests
.PHONY: test
test: setup setup-bullet
	swift test $(SWIFT_FLAGS) --explicit-target-dependency-import-check error $(if $(FILTER),--filter "$(FILTER)")

## test-python: the tests of the figures' Python package, where there is a Python
.PHONY: test-python
test-python:
	@python=$$(Experiments/python/environment.sh); code=$$?; \
	if [ $$code -eq 3 ]; then echo "test-python: left out, there is no Python for them"; exit 0; fi; \
	[ $$code -eq 0 ] || exit $$code; \
	program=$(HPO); cd Experiments/python && HPO_PROGRAM=$${HPO_PROGRAM:-$$program} PYTHONPATH=src "$$python" -m pytest

## test-package: the package as others use it: an environment of one's own, by path and by version, without MuJoCo
.PHONY: test-package
test-package:
	@Tests/Package/check.sh

## test-window: the window under Xvfb, driven by xdotool
.PHONY: test-window
test-window:
	@command -v Xvfb >/dev/null && command -v xdotool >/dev/null || \
	  { echo "make test-window: needs Xvfb and xdotool; run: apt-get install xvfb xdotool" >&2; exit 2; }
	@$(MAKE) --no-print-directory test FILTER=WindowTests

# Builds of their own, so that the ordinary one stays. Optimised like it: a debug build would take an hour. The one test that is left out
# compares the speed of our code with MuJoCo's, which carries no checks.
SANITIZED = swift test $(SWIFT_FLAGS) --disable-xctest $(if $(FILTER),--filter "$(FILTER)") --skip 'the speed of a task is measured'
SUPPRESSIONS := $(CURDIR)/Tests/Sanitizers

## test-asan: the tests under AddressSanitizer and LeakSanitizer
.PHONY: test-asan
test-asan: setup setup-bullet
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=$(SUPPRESSIONS)/leaks.supp:print_suppressions=0 \
	  $(SANITIZED) --build-path .build-asan --sanitize=address

## test-tsan: the tests under ThreadSanitizer
.PHONY: test-tsan
test-tsan: setup setup-bullet
	SWIFT_BACKTRACE=enable=no TSAN_OPTIONS=suppressions=$(SUPPRESSIONS)/threads.supp:print_suppressions=0 \
	  $(SANITIZED) --build-path .build-tsan --sanitize=thread

## docs: the documentation site, into .build/docs
.PHONY: docs
docs: build
	@Documentation/make-site.sh

## reference: the pages that are made from the program, Settings.md and Commands.md
.PHONY: reference
reference: build
	@Documentation/make-reference.sh $(HPO)

## test-docs: every command and block of code in the pages, in full: longer runs, Python, the first hour in a fresh clone
.PHONY: test-docs
test-docs: setup setup-bullet
	HPO_DOCUMENTATION=all swift test $(SWIFT_FLAGS) --filter DocumentationTests
	@Tests/DocumentationTests/first-hour.sh

## test-slurm: sweeps through a Slurm of one node that is started for it; as root, with slurm-wlm and munge
.PHONY: test-slurm
test-slurm: setup
	@Vendor/system-packages.sh slurm-wlm munge
	@Tests/Slurm/cluster.sh swift test $(SWIFT_FLAGS) --filter SlurmTests

# Not part of the tests: it takes its time and finds new things. MINUTES=60, SEED=1000 for other cases than last time.
MINUTES ?= 10

## fuzz: damaged files and settings for hpo, built with AddressSanitizer, for MINUTES (10)
.PHONY: fuzz
fuzz: setup
	@test -e .venv-fuzz/ready || { python3 -m venv .venv-fuzz && .venv-fuzz/bin/pip -q install -r Tests/Fuzzing/requirements.txt \
	  && touch .venv-fuzz/ready; }
	swift build $(SWIFT_FLAGS) --build-path .build-asan --sanitize=address --product hpo
	.venv-fuzz/bin/python Tests/Fuzzing/fuzz.py --minutes "$(MINUTES)" $(if $(SEED),--seed "$(SEED)") --findings .build-asan/findings \
	  --hpo "$$(swift build $(SWIFT_FLAGS) --build-path .build-asan --show-bin-path)/hpo"

# Of figures and comparisons. FIGURE=5 is the paper's figure 5, whose plan is Experiments/paper/figure-5.yaml.
RUNS ?= runs
PLAN ?=
FIGURES ?= figures
FIGURE_PLAN = $(if $(PLAN),$(PLAN),$(if $(FIGURE),Experiments/paper/figure-$(FIGURE).yaml))
FIGURE_PYTHON = python=$$(Experiments/python/environment.sh) && PYTHONPATH=Experiments/python/src "$$python" -m hpo

## figures: curves as PNG and PDF, e.g. make figures RUNS=runs [FIGURE=5 or PLAN=plan.yaml] [FIGURES=folder]; FIGURE=7 RUNS='a.h5 b.h5'
.PHONY: figures figure
figures figure:
ifeq ($(FIGURE),7)
	@$(FIGURE_PYTHON) scatter $(RUNS) --output "$(FIGURES)" --name figure-7
else
	@$(FIGURE_PYTHON) figure $(if $(FIGURE_PLAN),"$(FIGURE_PLAN)") "$(RUNS)" --output "$(FIGURES)"
endif

## compare: a table of all algorithms, e.g. make compare RUNS=runs [AT=100000] [SINCE=50000]; FIGURES=folder keeps it in three formats
.PHONY: compare
compare:
	@$(FIGURE_PYTHON) compare "$(RUNS)" $(if $(AT),--at "$(AT)") $(if $(SINCE),--since "$(SINCE)") --output "$(FIGURES)"

## bench: speed of environments, update parts and the training loop
.PHONY: bench
bench: build
	@$(HPO) bench training
	@$(HPO) bench environments

## bench-peers: our training loop beside Stable-Baselines3's and SBX's, alternating; on an otherwise idle machine
.PHONY: bench-peers
bench-peers: build
	@Experiments/peers/bench-peers.sh --hpo $(HPO)

## build: set up what is missing, then build
.PHONY: build
build: setup
	@Vendor/write-commit.sh
	@swift build $(SWIFT_FLAGS) --product hpo

## setup: system packages (apt), vendored libraries and models
.PHONY: setup
setup:
	@Vendor/system-packages.sh
	@Vendor/fetch.sh

## setup-bullet: the Bullet physics library for HumanoidPyBullet, Flagrun and FlagrunHarder
.PHONY: setup-bullet
setup-bullet:
	@Vendor/system-packages.sh g++
	@Vendor/build-bullet.sh

## clean: remove what was built; runs and downloads stay
.PHONY: clean
clean:
	rm -rf .build .build-asan .build-tsan .build-package .venv-fuzz
