"""Hyper-parameter studies: Optuna proposes settings, the program ``hpo`` trains with them, one process for each trial.

A study is a folder: ``study.db``, in which Optuna keeps every trial, and the trials' runs, laid out as any plan's
(``<environment id>/<algorithm>+trial-<n>/seed-<s>``), so that ``hpo runs``, figures and comparisons read them. Killed at any moment,
the same command goes on with it: trials that were at work are taken up where their runs' checkpoints are.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import optuna
import pandas as pd
import yaml
from optuna.trial import FrozenTrial, TrialState

from .environments import full_id
from .errors import HpoError, UsageError, nearest
from .files import write_text
from .plan import parse_seeds
from .runs import _examine, is_held, load

#: Chooses a trial's settings: what the space in the file does, in Python.
Sample = Callable[[optuna.Trial], Mapping[str, Any]]

SAMPLERS = ("tpe", "random")
PRUNERS = ("median", "halving", "hyperband", "none")
#: Seconds between looks at growing curves.
INTERVAL = 1.0

_KEYS = (
    "name", "environment", "algorithm", "steps", "seeds", "settings", "space", "trials", "value", "direction", "since", "sampler",
    "sampler_seed", "startup_trials", "pruner", "warmup_steps",
)  # fmt: skip
_RANGE_KEYS = ("low", "high", "log", "step")
# What the study itself says to the program.
_OWN = ("environment", "algorithm", "name", "seed", "steps", "threads", "out")


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole ones where both ends (and the step) are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def suggest(self, trial: optuna.Trial, key: str) -> float:
        if all(isinstance(number, int) for number in (self.low, self.high, self.step or 1)):
            return trial.suggest_int(key, int(self.low), int(self.high), step=int(self.step or 1), log=self.log)
        return trial.suggest_float(key, self.low, self.high, step=self.step, log=self.log)


@dataclass(frozen=True)
class Choice:
    """One of these values."""

    values: tuple[Any, ...]

    def suggest(self, trial: optuna.Trial, key: str) -> Any:
        return trial.suggest_categorical(key, self.values)


@dataclass(frozen=True)
class StudyPlan:
    """What is searched for, where, and by what."""

    name: str
    #: The full id.
    environment: str
    algorithm: str = "sac-hpo"
    #: Environment steps of each run.
    steps: int = 1_000_000
    #: Each trial trains these one after another and counts with their mean.
    seeds: tuple[int, ...] = (0,)
    #: Of every trial.
    settings: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Range | Choice] = field(default_factory=dict)
    trials: int = 50
    #: Column of the evaluation table that is made large, or small.
    value: str = "return"
    direction: str = "maximize"
    #: A run counts with the mean of its evaluations from this step on; ``None``: with its last.
    since: int | None = None
    sampler: str = "tpe"
    sampler_seed: int = 0
    #: Trials before the sampler learns from them and the pruner judges by them.
    startup_trials: int = 5
    pruner: str = "median"
    #: Environment steps in which no trial is pruned.
    warmup_steps: int = 0

    @property
    def evaluation_interval(self) -> int:
        return int(self.settings.get("evaluation_interval", max(1, self.steps // 20)))

    def definition(self) -> dict[str, Any]:
        """What must stay the same while the study goes on; how many trials, and how they are pruned, need not."""
        return {
            "environment": self.environment, "algorithm": self.algorithm, "steps": self.steps, "seeds": list(self.seeds),
            "settings": dict(self.settings), "space": {key: _described(kind) for key, kind in self.space.items()}, "value": self.value,
            "direction": self.direction, "since": self.since,
        }  # fmt: skip

    def sample(self, trial: optuna.Trial) -> dict[str, Any]:
        return {key: kind.suggest(trial, key) for key, kind in self.space.items()}


def _described(kind: Range | Choice) -> Any:
    if isinstance(kind, Choice):
        return list(kind.values)
    return {"low": kind.low, "high": kind.high, "log": kind.log, "step": kind.step}


# Reading a plan


def load_study_plan(path: str | os.PathLike[str]) -> StudyPlan:
    """Reads a study's YAML file.

    Raises:
        UsageError: the file is missing or no such plan; the message names file and key.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the study '{path}' cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    try:
        return _plan(content, path.stem)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _plan(content: Any, name: str) -> StudyPlan:
    if not isinstance(content, dict):
        raise UsageError(f"a study is a mapping with {', '.join(_KEYS)}")
    for key in content:
        if key not in _KEYS:
            raise UsageError(f"unknown key '{key}'.{nearest(str(key), _KEYS)}")
    if "environment" not in content:
        raise UsageError("'environment' is missing")
    defaults = StudyPlan("", "")
    numbers = {
        key: _whole(content.get(key, getattr(defaults, key)), key, least)
        for key, least in (("steps", 1), ("trials", 1), ("sampler_seed", 0), ("startup_trials", 0), ("warmup_steps", 0))
    }
    words = {
        key: _one_of(content.get(key, getattr(defaults, key)), key, known)
        for key, known in (("sampler", SAMPLERS), ("pruner", PRUNERS), ("direction", ("maximize", "minimize")))
    }
    settings = _mapping(content.get("settings"), "settings")
    space = {str(key): _kind(str(key), value) for key, value in _mapping(content.get("space"), "space").items()}
    for key in (*settings, *space):
        if key in _OWN:
            raise UsageError(f"'{key}' is the study's own and stands neither in settings nor in space")
    for key in space:
        if key in settings:
            raise UsageError(f"'{key}' is in settings and in space; one of them")
    plan = StudyPlan(
        name=str(content.get("name", name)), environment=full_id(str(content["environment"])),
        algorithm=str(content.get("algorithm", defaults.algorithm)), seeds=parse_seeds(content.get("seeds", 0)), settings=settings,
        space=space, value=str(content.get("value", "return")),
        since=None if content.get("since") is None else _whole(content["since"], "since", 0), **numbers, **words,
    )  # fmt: skip
    if plan.since is not None and plan.since > plan.steps:
        raise UsageError(f"'since' is {plan.since:,}, beyond the run's {plan.steps:,} steps")
    return plan


def _mapping(value: Any, key: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"'{key}' is a mapping, not '{value}'")
    return {str(name): item for name, item in value.items()}


def _one_of(value: Any, key: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UsageError(f"'{key}' is one of {', '.join(known)}, not '{value}'.{nearest(str(value), known)}")
    return str(value)


def _number(value: Any) -> Any:
    """YAML 1.1 takes ``1e-4`` for text."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return float(value)
    return value


def _whole(value: Any, key: str, least: int) -> int:
    value = _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value != int(value) or value < least:
        raise UsageError(f"'{key}' is a whole number of {least} or more, not '{value}'")
    return int(value)


def _kind(key: str, value: Any) -> Range | Choice:
    if isinstance(value, list) and value and all(isinstance(item, (str, int, float)) for item in value):
        return Choice(tuple(_number(item) for item in value))
    if not isinstance(value, dict) or not {"low", "high"} <= value.keys():
        raise UsageError(f"'space.{key}' is a list of values, or {{low: …, high: …}} with log: true or step: …, not '{value}'")
    for name in value:
        if name not in _RANGE_KEYS:
            raise UsageError(f"unknown key 'space.{key}.{name}'.{nearest(str(name), _RANGE_KEYS)}")
    low, high, step = (_number(value.get(name)) for name in ("low", "high", "step"))
    is_log = value.get("log", False)
    for name, number in (("low", low), ("high", high), *([("step", step)] if step is not None else [])):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise UsageError(f"'space.{key}.{name}' is a number, not '{number}'")
    if not low < high:
        raise UsageError(f"'space.{key}' goes from {low} to {high}; low must be below high")
    if not isinstance(is_log, bool):
        raise UsageError(f"'space.{key}.log' is true or false, not '{is_log}'")
    if is_log and (low <= 0 or step is not None):
        raise UsageError(f"'space.{key}' is logarithmic: low must be above 0, and there is no step")
    if step is not None and step <= 0:
        raise UsageError(f"'space.{key}.step' is above 0, not {step}")
    return Range(low, high, is_log, step)


# Running it


class Stopped(HpoError):
    """A signal stopped the study; its runs have saved."""

    def __init__(self, number: int, folder: Path) -> None:
        super().__init__(f"{folder}: stopped by {signal.Signals(number).name}; the same command goes on with it")
        self.exit_code = 128 + number


def run_study(
    plan: StudyPlan | str | os.PathLike[str],
    out: str | os.PathLike[str] = "runs",
    *,
    trials: int | None = None,
    jobs: int | None = None,
    program: str | os.PathLike[str] | None = None,
    sample: Sample | None = None,
    say: Callable[[str], None] = print,
) -> optuna.Study:
    """Begins a study, or goes on with it, until it has its trials.

    Args:
        plan: or its YAML file.
        out: the folder of runs; the study's own is below it, by its name.
        trials: how many in all, in place of the plan's; those that there are already count.
        jobs: trials at a time, each on one thread; default: the processors that this process may use.
        program: ``hpo``; default: what ``HPO_PROGRAM`` names, or the one on the path.
        sample: chooses settings in place of the plan's ``space``, by the trial's ``suggest_…``; must be the same whenever the study goes on.
        say: is called with a line for what happens.

    Returns:
        Optuna's study. ``best.yaml`` (settings for ``hpo train --config``) and ``trials.csv`` are in its folder.

    Raises:
        UsageError: a plan that is wrong, that the program refuses, or that differs from the one the study began with; a study that
            another process is at.
        HpoError: no trial came to an end.
        Stopped: a signal.
    """
    if not isinstance(plan, StudyPlan):
        plan = load_study_plan(plan)
    if not plan.space and sample is None:
        raise UsageError(f"the study '{plan.name}' has no space to search")
    wanted = plan.trials if trials is None else trials
    at_a_time = processors() if jobs is None else jobs
    if wanted < 1 or at_a_time < 1:
        raise UsageError(f"trials and jobs must be at least 1, not {wanted} and {at_a_time}")
    executable = _program(program)
    folder = Path(out) / plan.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HpoError(f"'{folder}' cannot be made: {error.strerror or error}") from error
    with _alone(folder), _quiet_optuna():
        study = _open(plan, folder)
        runner = _Runner(plan, study, folder, executable, at_a_time, sample or plan.sample, say)
        runner.run(wanted)
        _write_results(plan, study, folder, say)
    return study


def processors() -> int:
    """Processors that this process may use: affinity, the control group's quota, Slurm's share."""
    count = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        count = min(count, max(1, int(int(quota) / int(period))))
    with contextlib.suppress(KeyError, ValueError):
        count = min(count, max(1, int(os.environ["SLURM_CPUS_PER_TASK"])))
    return count


def _program(given: str | os.PathLike[str] | None) -> str:
    named = os.fspath(given) if given is not None else os.environ.get("HPO_PROGRAM") or "hpo"
    found = shutil.which(named)
    if found is None:
        raise UsageError(
            f"there is no program '{named}'; build it (`make build`) or install it, and name it by --program or HPO_PROGRAM "
            "(`make study` does)"
        )
    return found


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a study: what another had running would be taken for left behind."""
    with open(folder / "study.lock", "a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another process is at the study in '{folder}'") from error
        yield


@contextlib.contextmanager
def _quiet_optuna() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _open(plan: StudyPlan, folder: Path) -> optuna.Study:
    file = folder / "study.db"
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{file.absolute()}", study_name=plan.name, direction=plan.direction, pruner=_pruner(plan),
            load_if_exists=True,
        )  # fmt: skip
    except Exception as error:  # SQLAlchemy's, sqlite's and Optuna's own have no ancestor in common.
        first = " ".join((str(error).splitlines() or [type(error).__name__])[0].split())
        raise HpoError(f"'{file}' cannot be opened as a study: {first}") from error
    # As JSON has it, which is how it comes back.
    now = json.loads(json.dumps(plan.definition()))
    before = study.user_attrs.get("definition")
    if before is None:
        study.set_user_attr("definition", now)
    elif before != now:
        differing = [key for key in now if before.get(key) != now[key]]
        raise UsageError(
            f"the study in '{folder}' began with another {', '.join(differing)} "
            f"({'; '.join(f'{before.get(key)!r}, now {now[key]!r}' for key in differing)}); give this one another name"
        )
    return study


def _sampler(plan: StudyPlan, trial: int) -> optuna.samplers.BaseSampler:
    """A trial's own: what it proposes depends on the trials before it, not on how often the study was interrupted."""
    seed = plan.sampler_seed * 100_003 + trial
    if plan.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=plan.startup_trials)


def _pruner(plan: StudyPlan) -> optuna.pruners.BasePruner:
    interval = plan.evaluation_interval
    if plan.pruner == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=plan.startup_trials, n_warmup_steps=plan.warmup_steps)
    if plan.pruner == "halving":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=max(interval, plan.warmup_steps))
    if plan.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=max(interval, plan.warmup_steps), max_resource=plan.steps * len(plan.seeds))
    return optuna.pruners.NopPruner()


@dataclass
class _Active:
    """A trial at work."""

    trial: optuna.Trial
    settings: dict[str, Any]
    #: Steps, over all seeds, whose values Optuna has.
    reported: set[int]
    #: Values of the seeds that are done.
    scores: list[float] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    errors: IO[bytes] | None = None
    has_said_held: bool = False


class _Runner:
    """Starts, watches, prunes and ends trials: one loop on one thread."""

    def __init__(
        self, plan: StudyPlan, study: optuna.Study, folder: Path, program: str, jobs: int, sample: Sample, say: Callable[[str], None]
    ) -> None:
        self.plan, self.study, self.folder, self.program, self.jobs, self.sample, self.say = plan, study, folder, program, jobs, sample, say
        self.active: list[_Active] = []
        self.stop_signal: int | None = None
        #: Whether any run has ever been evaluated: until then a refusal is the plan's, not one trial's.
        self.has_trained = any(trial.intermediate_values for trial in study.get_trials(deepcopy=False))

    def run(self, wanted: int) -> None:
        with self._signals() as woken, self._lifeline() as lifeline:
            try:
                self._adopt()
                while True:
                    if self.stop_signal is None:
                        self._fill(wanted)
                    if not self.active:
                        break
                    for active in self.active:
                        if active.process is None and self.stop_signal is None:
                            self._start(active, lifeline)
                    self._wait(woken)
                    for active in list(self.active):
                        self._look(active)
            finally:
                self._end_all()
        if self.stop_signal is not None:
            raise Stopped(self.stop_signal, self.folder)

    # Beginning

    def _adopt(self) -> None:
        """Takes up the trials that were at work when the study was left."""
        for frozen in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self.study.sampler = _sampler(self.plan, frozen.number)
            trial = optuna.Trial(self.study, frozen._trial_id)
            self._take(trial, set(frozen.intermediate_values))
            self.say(f"trial {trial.number}: going on")

    def _fill(self, wanted: int) -> None:
        begun = sum(trial.state != TrialState.WAITING for trial in self.study.get_trials(deepcopy=False))
        while len(self.active) < self.jobs and begun < wanted:
            self.study.sampler = _sampler(self.plan, begun)
            trial = self.study.ask()
            active = self._take(trial, set())
            begun += 1
            self.say(f"trial {trial.number}: " + ", ".join(f"{key}={_shown(value)}" for key, value in active.settings.items()))

    def _take(self, trial: optuna.Trial, reported: set[int]) -> _Active:
        active = _Active(trial, dict(self.sample(trial)), reported)
        # What it trains with, which a function may have made of what Optuna chose.
        trial.set_user_attr("settings", active.settings)
        self.active.append(active)
        return active

    def _run_folder(self, active: _Active) -> Path:
        seed = self.plan.seeds[len(active.scores)]
        return self.folder / self.plan.environment / f"{self.plan.algorithm}+trial-{active.trial.number}" / f"seed-{seed}"

    def _start(self, active: _Active, lifeline: int) -> None:
        if is_held(self._run_folder(active)):
            # The run of a study that was killed a moment ago is still saving.
            if not active.has_said_held:
                self.say(f"trial {active.trial.number}: waiting for the process that has its run")
            active.has_said_held = True
            return
        plan = self.plan
        settings = {"evaluation_interval": plan.evaluation_interval, **plan.settings, **active.settings}
        command = [
            self.program, "train", plan.environment, "--algorithm", plan.algorithm, "--name", f"trial-{active.trial.number}",
            "--seed", str(plan.seeds[len(active.scores)]), "--steps", str(plan.steps), "--out", str(self.folder), "--threads", "1",
            "--stop-at-end-of-input",
        ]  # fmt: skip
        for key, value in settings.items():
            command += ["--set", f"{key}={_shown(value)}"]
        active.errors = tempfile.TemporaryFile()
        # The input is a pipe whose other end only this process holds: however it ends, the run notices, saves and ends.
        active.process = subprocess.Popen(command, stdin=lifeline, stdout=subprocess.DEVNULL, stderr=active.errors)

    # Watching

    def _wait(self, woken: int) -> None:
        """Until a run ends, a signal comes, or it is time to look at the curves."""
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            for active in self.active:
                if active.process is not None and active.process.poll() is None:
                    descriptor = os.pidfd_open(active.process.pid)
                    stack.callback(os.close, descriptor)
                    selector.register(descriptor, selectors.EVENT_READ)
                elif active.process is not None:
                    return
            selector.select(INTERVAL)
        with contextlib.suppress(BlockingIOError):
            while os.read(woken, 64):
                pass

    def _look(self, active: _Active) -> None:
        if active.process is None:
            if self.stop_signal is not None:
                self.active.remove(active)
            return
        code = active.process.poll()
        values = self._values(active)
        if self.stop_signal is None and self._report(active, values, is_running=code is None):
            self._prune(active)
        elif code is None:
            if self.stop_signal is not None:
                active.process.terminate()
        elif code == 0:
            self._finish_seed(active, values)
        elif self.stop_signal is not None:
            # It has saved; the trial stays at work in the storage, and is taken up again.
            self.active.remove(active)
        else:
            self._fail(active, code)

    def _values(self, active: _Active) -> pd.Series:
        """Values by step so far: each the mean of the evaluations in a window as long as the last ``since`` steps."""
        folder = self._run_folder(active)
        if not folder.is_dir():
            return pd.Series(dtype=float)
        data = load([_examine(folder, self.folder)], warn=False)
        if not len(data):
            return pd.Series(dtype=float)
        if self.plan.value not in data:
            known = [str(column) for column in data.columns[6:]]
            self._end_all()
            raise UsageError(f"evaluations have no '{self.plan.value}'; they have {', '.join(known)}.{nearest(self.plan.value, known)}")
        series = data.set_index("step")[self.plan.value]
        if self.plan.since is None:
            return series
        window = self.plan.steps - self.plan.since
        return pd.Series({step: series[(series.index >= step - window) & (series.index <= step)].mean() for step in series.index})

    def _report(self, active: _Active, values: pd.Series, *, is_running: bool) -> bool:
        """Tells Optuna what is new, in order; whether the trial is to be given up."""
        before = len(active.scores) * self.plan.steps
        is_last_seed = len(active.scores) + 1 == len(self.plan.seeds)
        for step, value in values.items():
            self.has_trained = True
            if before + int(step) in active.reported or not math.isfinite(value):
                continue
            active.reported.add(before + int(step))
            active.trial.report(float((sum(active.scores) + value) / (len(active.scores) + 1)), before + int(step))
            # What is done anyway is not given up.
            if not (is_last_seed and (step >= self.plan.steps or not is_running)) and active.trial.should_prune():
                return True
        return False

    # Ending

    def _finish_seed(self, active: _Active, values: pd.Series) -> None:
        if not len(values) or not math.isfinite(values.iloc[-1]):
            self._tell_failure(active, "its run has no evaluation to count with")
            return
        active.scores.append(float(values.iloc[-1]))
        self._close(active)
        if len(active.scores) < len(self.plan.seeds):
            return
        score = sum(active.scores) / len(active.scores)
        self.active.remove(active)
        earlier = [trial.value for trial in self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
        self.study.tell(active.trial, score)
        is_best = all(score > other if self.plan.direction == "maximize" else score < other for other in earlier)
        self.say(f"trial {active.trial.number}: {self.plan.value} {score:.6g}{', the best so far' if is_best else ''}")

    def _prune(self, active: _Active) -> None:
        process = active.process
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait()
        self._close(active)
        self.active.remove(active)
        last = max(active.reported)
        frozen = self.study.tell(active.trial, state=TrialState.PRUNED)
        self.say(f"trial {active.trial.number}: pruned at step {last:,} with {self.plan.value} {frozen.intermediate_values[last]:.6g}")

    def _fail(self, active: _Active, code: int) -> None:
        text = ""
        if active.errors is not None:
            active.errors.seek(0)
            lines = active.errors.read().decode(errors="replace").strip().splitlines()
            text = lines[-1] if lines else ""
        ended = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if code == 2 and not self.has_trained:
            # No trial stands for a plan that the program never accepted.
            self._end_all()
            raise UsageError(f"hpo refuses what the study asks for: {text or ended}")
        self._tell_failure(active, text or ended)

    def _tell_failure(self, active: _Active, text: str) -> None:
        self._close(active)
        self.active.remove(active)
        active.trial.set_user_attr("failure", text)
        self.study.tell(active.trial, state=TrialState.FAIL)
        self.say(f"trial {active.trial.number}: failed: {text}")

    def _close(self, active: _Active) -> None:
        active.process = None
        if active.errors is not None:
            active.errors.close()
            active.errors = None

    def _end_all(self) -> None:
        """Every run saves and ends; trials that were at work stay so in the storage."""
        for active in self.active:
            if active.process is not None and active.process.poll() is None:
                active.process.terminate()
        for active in self.active:
            if active.process is not None:
                active.process.wait()
            self._close(active)
        self.active = []

    @contextlib.contextmanager
    def _signals(self) -> Iterator[int]:
        """Remembers the first signal to stop, and wakes the loop by a pipe whose end this is."""
        read, write = os.pipe()
        for end in (read, write):
            os.set_blocking(end, False)

        def heard(number: int, _: Any) -> None:
            self.stop_signal = self.stop_signal or number

        kept = []
        old = None
        with contextlib.suppress(ValueError):  # Signals belong to the main thread.
            old = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) != signal.SIG_IGN:
                    kept.append((number, signal.signal(number, heard)))
        try:
            yield read
        finally:
            for number, handler in kept:
                signal.signal(number, handler)
            if old is not None:
                signal.set_wakeup_fd(old)
            os.close(read)
            os.close(write)

    @contextlib.contextmanager
    def _lifeline(self) -> Iterator[int]:
        read, write = os.pipe()
        try:
            yield read
        finally:
            os.close(read)
            os.close(write)


def _shown(value: Any) -> str:
    """A value as the program's ``--set`` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


# What it gave


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """One row per trial: number, state, value (of a pruned one: its last), settings, seconds, and why it failed."""
    rows = []
    for trial in study.get_trials(deepcopy=False):
        rows.append(
            {
                "trial": trial.number, "state": trial.state.name.lower(), "value": _value(trial),
                "step": max(trial.intermediate_values, default=0), **trial.params,
                "seconds": trial.duration.total_seconds() if trial.duration else math.nan, "failure": trial.user_attrs.get("failure", ""),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _value(trial: FrozenTrial) -> float:
    if trial.state == TrialState.COMPLETE:
        return float(trial.value)
    return float(trial.intermediate_values[max(trial.intermediate_values)]) if trial.intermediate_values else math.nan


def _write_results(plan: StudyPlan, study: optuna.Study, folder: Path, say: Callable[[str], None]) -> None:
    table = trials_table(study)
    write_text(folder / "trials.csv", table.to_csv(index=False))
    counts = table["state"].value_counts()
    say(f"{folder}: {len(table)} trials, " + ", ".join(f"{counts[state]} {state}" for state in counts.index))
    if "complete" not in counts:
        raise HpoError(f"no trial of '{folder}' came to its end; {folder}/trials.csv says why")
    best = study.best_trial
    chosen = best.user_attrs.get("settings", best.params)
    settings = {"algorithm": plan.algorithm, **plan.settings, **chosen}
    heading = f"# Trial {best.number} of {plan.name}: {plan.value} {best.value:.6g} after {plan.steps:,} steps on {plan.environment}.\n"
    write_text(folder / "best.yaml", heading + yaml.safe_dump(settings, sort_keys=False))
    say(
        f"best: trial {best.number}, {plan.value} {best.value:.6g}, " + ", ".join(f"{key}={_shown(v)}" for key, v in chosen.items())
        + f"; hpo train {plan.environment} --config {folder}/best.yaml trains with it"
    )
