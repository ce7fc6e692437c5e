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

# Options of hpo that messages advise, by their names in capitals: hpo's --evaluation-interval is EVALUATION_INTERVAL here. Taken from the
# command line alone: a shell's own NAME or THREADS means something else.
given = $(if $(findstring command line,$(origin $(1))),$($(1)))
option = $(if $(call given,$(1)),--$(2) "$(call given,$(1))")
# FRESH=1; FRESH=0 is none.
flag = $(if $(filter-out 0 no false,$(call given,$(1))),--$(2))
# SET="gamma=0.98 hidden_size=64": one --set each.
assignments = $(foreach assignment,$(call given,SET),--set "$(assignment)")
INTERVALS = $(call option,EVALUATION_INTERVAL,evaluation-interval) $(call option,EVALUATION_EPISODES,evaluation-episodes) \
  $(call option,CHECKPOINT_INTERVAL,checkpoint-interval)
NETWORKS = $(call flag,BEST,best) $(call option,SNAPSHOT,snapshot)

## help: this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## experiment: train, e.g. make experiment ENV=HalfCheetah ALGO=sac-hpo SEED=0 STEPS=1000000 OUT=runs CONFIG=settings.yaml
##   also NAME=own-name SET="gamma=0.98 hidden_size=64" THREADS=1 FRESH=1 FROM_REPLAY=data.h5 INIT_FROM=RUN
##   EVALUATION_INTERVAL= EVALUATION_EPISODES= CHECKPOINT_INTERVAL= QUIET=1 PROGRESS_INTERVAL=60
.PHONY: experiment
experiment: $(BULLET) build
	@$(HPO) train "$(ENV)" --out "$(OUT)" $(if $(ALGO),--algorithm "$(ALGO)") $(if $(SEED),--seed "$(SEED)") \
	  $(if $(STEPS),--steps "$(STEPS)") $(if $(CONFIG),--config "$(CONFIG)") $(call option,NAME,name) $(assignments) $(INTERVALS) \
	  $(call option,THREADS,threads) $(call option,FROM_REPLAY,from-replay) $(call option,INIT_FROM,init-from) \
	  $(call flag,QUIET,quiet) $(call option,PROGRESS_INTERVAL,progress-interval) $(call flag,FRESH,fresh)

## sweep: many runs, e.g. make sweep PLAN=Experiments/paper/figure-4.yaml OUT=runs
##   also, without a plan, ENVIRONMENTS=Hopper,Ant ALGORITHMS=sac,sac-hpo NAME=own-name; SEEDS=0-4 STEPS= CONFIG= SET= THREADS= JOBS=
##   DRY_RUN=1 KEEP_GOING=1 FRESH=1; on a cluster SLURM=1 PARTITION= TIME=04:00:00 MEMORY=4G SLURM_OPTION= LAUNCHER= SUBMIT_ONLY=1
.PHONY: sweep
sweep: setup-bullet build
	@test -n "$(PLAN)$(call given,ENVIRONMENTS)" || \
	  { echo "make sweep: name a plan, PLAN=Experiments/paper/figure-4.yaml, or ENVIRONMENTS=Hopper,Ant" >&2; exit 2; }
	@$(HPO) sweep $(if $(PLAN),"$(PLAN)") --out "$(OUT)" $(if $(SEEDS),--seeds "$(SEEDS)") $(if $(STEPS),--steps "$(STEPS)") \
	  $(if $(JOBS),--jobs "$(JOBS)") $(call option,ENVIRONMENTS,environments) $(call option,ALGORITHMS,algorithms) $(call option,NAME,name) \
	  $(if $(CONFIG),--config "$(CONFIG)") $(assignments) $(INTERVALS) $(call option,THREADS,threads) $(call flag,DRY_RUN,dry-run) \
	  $(call flag,KEEP_GOING,keep-going) $(call flag,FRESH,fresh) $(call flag,SLURM,slurm) $(call option,PARTITION,partition) \
	  $(call option,TIME,time) $(call option,MEMORY,memory) $(call option,SLURM_OPTION,slurm-option) $(call option,LAUNCHER,launcher) \
	  $(call flag,SUBMIT_ONLY,submit-only)

## evaluate: returns of a trained policy, e.g. make evaluate RUN=runs/HalfCheetah-v2/sac-hpo/seed-0
##   also BEST=1 or SNAPSHOT=10000; EPISODES=10 SEED=0 ENVIRONMENT=Hopper-v5 SET="environment.healthy_reward=2" STOCHASTIC=1 RECORD=episodes.h5
##   JSON=1
.PHONY: evaluate
evaluate: build
	@test -n "$(RUN)" || { echo "make evaluate: name a run directory, RUN=runs/HalfCheetah-v2/sac-hpo/seed-0" >&2; exit 2; }
	@$(HPO) evaluate "$(RUN)" $(NETWORKS) $(call option,EPISODES,episodes) $(if $(SEED),--seed "$(SEED)") \
	  $(call option,ENVIRONMENT,environment) $(assignments) $(call flag,STOCHASTIC,stochastic) $(call option,RECORD,record) $(call flag,JSON,json)

# The film's name says its kind; without ffmpeg it is an animated PNG.
FILM ?= $(if $(shell command -v ffmpeg),film.mp4,film.png)

## video: a film of a trained policy, e.g. make video RUN=runs/HalfCheetah-v2/sac-hpo/seed-0 FILM=film.mp4
##   also BEST=1, SNAPSHOT=10000 or SNAPSHOTS=1; EPISODES=1 STEPS=200 SEED=0 SIZE=480x480 CAMERA=track EVERY=1 SET=
.PHONY: video
video: build
	@test -n "$(RUN)" || { echo "make video: name a run directory, RUN=runs/HalfCheetah-v2/sac-hpo/seed-0" >&2; exit 2; }
	@$(HPO) video "$(RUN)" --output "$(FILM)" $(NETWORKS) $(call flag,SNAPSHOTS,snapshots) $(call option,EPISODES,episodes) $(call option,STEPS,steps) \
	  $(if $(SEED),--seed "$(SEED)") $(call option,SIZE,size) $(call option,CAMERA,camera) $(call option,EVERY,every) $(assignments)

## watch: a window on a trained policy, e.g. make watch RUN=runs/HalfCheetah-v2/sac-hpo/seed-0
##   also BEST=1 or SNAPSHOT=10000; SEED=0 CAMERA=track SET=
.PHONY: watch
watch: build
	@test -n "$(RUN)" || { echo "make watch: name a run directory, RUN=runs/HalfCheetah-v2/sac-hpo/seed-0" >&2; exit 2; }
	@$(HPO) watch "$(RUN)" $(NETWORKS) $(if $(SEED),--seed "$(SEED)") $(call option,CAMERA,camera) $(assignments)

## lint: the sources are laid out as .swift-format says
.PHONY: lint
lint:
	@swift format lint --strict --parallel $$(git ls-files '*.swift')

## format: lay the sources out as .swift-format says
.PHONY: format
format:
	@swift format --in-place --parallel $$(git ls-files '*.swift')

## test: every test, the Python package's too where there is a Python; or some: make test FILTER=AgentsTests
.PHONY: test
test: setup setup-bullet
	swift test $(SWIFT_FLAGS) --explicit-target-dependency-import-check error $(if $(FILTER),--filter "$(FILTER)")
	@$(if $(FILTER),:,$(MAKE) --no-print-directory test-python)

## test-python: the tests of the figures' Python package, where there is a Python
.PHONY: test-python
test-python:
	@python=$$(Experiments/python/environment.sh); code=$$?; \
	if [ $$code -eq 3 ]; then echo "test-python: the Python package's tests are left out"; exit 0; fi; \
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

# The kernels are C: these need no Swift build. Bochs takes about ten minutes.
EMULATION = Tests/Emulation

## test-avx512: the kernels on an emulated processor with AVX-512, where there is none; under Bochs, some ten minutes
.PHONY: test-avx512
test-avx512:
	@Vendor/system-packages.sh binutils $$(cat $(EMULATION)/packages.txt)
	@$(EMULATION)/instructions.sh
	@$(EMULATION)/avx512.sh

## test-neon: the kernels of 64-bit ARM, where there is none; under qemu
.PHONY: test-neon
test-neon:
	@Vendor/system-packages.sh qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	@$(EMULATION)/neon.sh

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

# README's picture, from curves that are kept here.
FRONT ?= Experiments/method-small/curves
FRONT_TITLE ?= SAC-HPO beside SAC, small networks

## front: README's picture, Documentation/Media/front.png, from kept curves: FRONT=folder FRONT_TITLE=…
.PHONY: front
front:
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  $(FIGURE_PYTHON) figure "$(FRONT)" --name front --title "$(FRONT_TITLE)" --output "$$folder" >"$$folder/files" && \
	  mkdir -p Documentation/Media && cp "$$folder/front.png" Documentation/Media/front.png && echo Documentation/Media/front.png

## compare: a table of all algorithms, e.g. make compare RUNS=runs [AT=100000] [SINCE=50000]; FIGURES=folder keeps it in three formats
.PHONY: compare
compare:
	@$(FIGURE_PYTHON) compare "$(RUNS)" $(if $(AT),--at "$(AT)") $(if $(SINCE),--since "$(SINCE)") --output "$(FIGURES)"

STUDY ?=
TRIALS ?=

## study: search for settings with Optuna, e.g. make study STUDY=Experiments/python/studies/inverted-pendulum.yaml [TRIALS=12 JOBS=2]
.PHONY: study
study: $(BULLET) build
	@test -n "$(STUDY)" || { echo "make study: name a study, STUDY=Experiments/python/studies/inverted-pendulum.yaml" >&2; exit 2; }
	@program=$(HPO); $(FIGURE_PYTHON) study "$(STUDY)" --out "$(OUT)" --program "$$program" $(if $(TRIALS),--trials "$(TRIALS)") \
	  $(if $(JOBS),--jobs "$(JOBS)")

## bench: speed of environments, update parts and the training loop; THREADS= of the loop, REPETITIONS=
.PHONY: bench
bench: build
	@$(HPO) bench training $(call option,THREADS,threads) $(call option,REPETITIONS,repetitions)
	@$(HPO) bench environments $(call option,REPETITIONS,repetitions)

## bench-peers: our training loop beside Stable-Baselines3's and SBX's, alternating; on an otherwise idle machine
.PHONY: bench-peers
bench-peers: build
	@Experiments/peers/bench-peers.sh --hpo $(HPO)

# Built apart, with Swift's runtime linked in: a program without the toolchain's libraries. Bullet comes along where it has been built.
INSTALLED_BUILD = HPO_INSTALLED=1 swift build $(SWIFT_FLAGS) --static-swift-stdlib --build-path .build-installed --product hpo
PREFIX ?= $(HOME)/.local

## install: the program with its libraries, models and completions, to be moved as one likes: make install PREFIX=~/.local
.PHONY: install
install: setup
	@Vendor/write-commit.sh
	@$(INSTALLED_BUILD)
	@Packaging/install.sh "$$($(INSTALLED_BUILD) --show-bin-path)/hpo" "$(PREFIX)"

## uninstall: remove what install put there: make uninstall PREFIX=~/.local
.PHONY: uninstall
uninstall:
	@Packaging/uninstall.sh "$(PREFIX)"

## test-install: an installation in a bare environment, moved, with the checkout and the toolchain hidden; as root
.PHONY: test-install
test-install:
	@Packaging/check.sh

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
	rm -rf .build .build-asan .build-tsan .build-package .build-installed .container .venv-fuzz
