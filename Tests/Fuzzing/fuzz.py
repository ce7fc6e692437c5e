#!/usr/bin/env python3
"""Gives `hpo` damaged files and settings, and keeps those that it does not refuse in one clear line. See README.md."""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import mutations

SMALL = ["hidden_size=8", "leapfrog_hidden_size=8", "batch_size=4", "update_after=10", "warmup_steps=10",
         "logging_interval=10", "replay_capacity=1000"]
# What is run, and which agent and task stand behind it.
AGENTS = [("Hopper", "sac-hpo"), ("Hopper", "sac-nf"), ("HalfCheetah", "safe-sac-hpo"), ("Hopper", "sac")]
STEPS = 40


class Program:
    """`hpo`, watched: time, memory, signals, sanitizer reports, and the form of what it says."""

    def __init__(self, path, seconds, megabytes):
        self.path, self.seconds, self.megabytes = str(path), seconds, megabytes
        # As without the sanitizer, memory that is not to be had is refused rather than fatal.
        sanitizers = (
            "exitcode=99:detect_leaks=0:abort_on_error=0:handle_abort=0:allocator_may_return_null=1:"
            f"hard_rss_limit_mb={4 * megabytes}"
        )
        self.environment = dict(os.environ, ASAN_OPTIONS=sanitizers, SWIFT_BACKTRACE="enable=no")

    def run(self, arguments, folder, speaks_often=False):
        """Returns what is wrong, or None, and the process's words, which may be many lines where a command is about many runs."""
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            child = subprocess.Popen([self.path, *map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=err, env=self.environment)
            late = threading.Timer(self.seconds, child.kill)
            late.start()
            _, status, usage = os.wait4(child.pid, 0)
            finished_in_time = late.is_alive()
            late.cancel()
            child.returncode = status
        code = os.waitstatus_to_exitcode(status)
        words = (folder / "stderr").read_bytes()[:20000].decode("utf-8", "replace")
        if not finished_in_time:
            return "hang", words
        if code < 0:
            return f"signal {-code}", words
        if code == 99 or "Sanitizer" in words:
            return "sanitizer", words
        if usage.ru_maxrss > self.megabytes * 1024:
            return f"memory {usage.ru_maxrss // 1024} MB", words
        lines = words.splitlines()  # at control characters and separators, too
        if code in (1, 2) and not (lines and (speaks_often or len(lines) == 1)
                                   and all(line.startswith("hpo: ") and len(line) < 4000 for line in lines)):
            return f"{len(lines)} lines", words
        if code not in (0, 1, 2):
            return f"exit code {code}", words
        return None, words


def set_options(pairs):
    return [word for pair in pairs for word in ("--set", pair)]


def train(environment, algorithm, steps, *more):
    return ["train", environment, "--algorithm", algorithm, "--steps", steps, "--threads", 1, "--evaluation-episodes", 1,
            "--evaluation-interval", 20, "--checkpoint-interval", 20, "--out", "runs", *set_options(SMALL), *more]


def make_corpus(program, folder):
    """Small real files of every kind, in folder/<number of the agent>."""
    import h5py
    import numpy as np
    rng = np.random.default_rng(0)
    sizes = {"Hopper": (11, 3, 6, 6), "HalfCheetah": (17, 6, 9, 9)}
    for number, (environment, algorithm) in enumerate(AGENTS):
        place = folder / str(number)
        place.mkdir(parents=True)
        problem, words = program.run(train(environment, algorithm, STEPS), place)
        if problem or words:
            sys.exit(f"no corpus: {problem} {words}")
        n, d, nq, nv = sizes[environment]
        with h5py.File(place / "batch.h5", "w", libver=("earliest", "v110")) as file:
            for name, width in [("observations", n), ("actions", d), ("next_observations", n), ("policy_noise", d),
                                ("momentum_noise", d), ("next_policy_noise", d), ("next_momentum_noise", d)]:
                file[name] = rng.uniform(-1, 1, (8, width)).astype("f4")
            file["rewards"], file["costs"] = rng.uniform(-1, 1, 8).astype("f4"), np.zeros(8, "f4")
            file["terminals"] = rng.uniform(-1, 1, 8) > 0.5
        with h5py.File(place / "rollout.h5", "w", libver=("earliest", "v110")) as file:
            for episode in range(2):
                group = file.create_group(f"episode_{episode}")
                group["actions"] = rng.uniform(-1, 1, (5, d)).astype("f4" if episode else "f8")
                group["qpos0"], group["qvel0"] = rng.uniform(-0.1, 0.1, nq), rng.uniform(-0.1, 0.1, nv)


PLAN = b"""name: fuzzed
environments: [Hopper]
algorithms: [sac, sac-hpo]
variants:
  gentle: {learning_rate: 1.0e-4}
  eager: {learning_rate: 1.0e-3, gamma: 0.9}
seeds: 0-1
steps: 20
figure: {panels: environment, lines: algorithm, value: return}
settings:
  checkpoint_interval: 10
  evaluation_interval: 10
"""


class Case:
    """One target: what to damage in a copy of a corpus folder, and the command that reads it."""

    def __init__(self, name, damage, command, speaks_often=False):
        self.name, self.damage, self.command, self.speaks_often = name, damage, command, speaks_often


def run_folder(environment, algorithm):
    return f"runs/{environment}-v2/{algorithm}/seed-0"


def targets(assets):
    def file_of_run(name, damage):
        return lambda rng, place, agent: damage(rng, place / run_folder(*agent) / name)

    def resume(rng, agent):
        return train(*agent, STEPS + 5)

    def evaluate(*more):
        return lambda rng, agent: ["evaluate", run_folder(*agent), "--episodes", 1, *more]

    def probe(rng, agent):
        return ["probe", "--checkpoint", f"{run_folder(*agent)}/checkpoint.h5", "--batch", "batch.h5", "--output", "out.h5"]

    def rollout(*more):
        return lambda rng, agent: ["rollout", "--environment", agent[0], "--input", "rollout.h5", "--output", "out.h5", *more]

    def settings_file(rng, place, agent):
        text = (place / run_folder(*agent) / "config.yaml").read_bytes()
        (place / "settings.yaml").write_bytes(mutations.yaml(rng, text))

    def with_settings_file(rng, agent):
        # What could make a sound but expensive run is overridden.
        return train(*agent, 2, "--fresh", "--config", "settings.yaml", "--set", "policy_hidden_layers=1",
                     "--set", "environment.frame_skip=4", "--set", "leapfrog_steps=1", "--set", "flows=2",
                     "--set", "safe_leapfrog_steps=1", "--seed", "0")

    def with_assignment(rng, agent):
        return ["env", "show", agent[0], "--set", mutations.assignment(rng, own=True)] if rng.random() < 0.3 else \
            train(*agent, 2, "--fresh", "--set", mutations.assignment(rng))

    def plan(rng, place, agent):
        (place / "plan.yaml").write_bytes(mutations.yaml(rng, PLAN))

    def sweep(rng, agent):
        # Runs that a damaged plan still asks for are taken, as far as a few steps.
        return ["sweep", "plan.yaml", "--steps", 2, "--seeds", "0", "--jobs", 2, "--evaluation-episodes", 1, "--out", "sweep",
                *set_options(SMALL)]

    def any_file_of_run(damage):
        def choose(rng, place, agent):
            damage(rng, place / run_folder(*agent) / rng.choice(["checkpoint.h5", "curve.h5", "replay.h5", "best.h5"]))
        return choose

    def runs(rng, agent):
        return ["runs", "runs", *rng.choice([[], ["--json"]])]

    def model(rng, place, agent):
        name = {"Hopper": "hopper.xml", "HalfCheetah": "half_cheetah.xml"}[agent[0]]
        (place / "model.xml").write_bytes(mutations.xml(rng, (assets / name).read_bytes()))

    cases = []
    for kind, damage in [("bytes", mutations.bytes_of_file), ("structure", mutations.structure)]:
        for name in ["checkpoint", "curve", "replay"]:
            cases.append(Case(f"resume-{name}-{kind}", file_of_run(f"{name}.h5", damage), resume))
        cases.append(Case(f"evaluate-{kind}", file_of_run("checkpoint.h5", damage), evaluate()))
        cases.append(Case(f"evaluate-best-{kind}", file_of_run("best.h5", damage), evaluate("--best")))
        cases.append(Case(f"probe-checkpoint-{kind}", file_of_run("checkpoint.h5", damage), probe))
        cases.append(Case(f"probe-batch-{kind}", lambda rng, place, agent, damage=damage: damage(rng, place / "batch.h5"), probe))
        cases.append(Case(f"rollout-{kind}", lambda rng, place, agent, damage=damage: damage(rng, place / "rollout.h5"), rollout()))
        cases.append(Case(f"runs-{kind}", any_file_of_run(damage), runs, speaks_often=True))
    cases.append(Case("plan", plan, sweep, speaks_often=True))
    cases.append(Case("settings-file", settings_file, with_settings_file))
    cases.append(Case("assignment", lambda rng, place, agent: None, with_assignment))
    cases.append(Case("model", model, rollout("--set", "environment.xml_file=./model.xml")))
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hpo", required=True, type=pathlib.Path, help="the program, best built with AddressSanitizer")
    parser.add_argument("--assets", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "Assets/mujoco")
    parser.add_argument("--findings", type=pathlib.Path, default=pathlib.Path("findings"), help="folder for what is found")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the first case; every case is reproducible by its own")
    parser.add_argument("--cases", type=int, help="stop after so many")
    parser.add_argument("--only", default="", help="targets whose name contains this")
    parser.add_argument("--seconds", type=float, default=30, help="a case may take")
    parser.add_argument("--megabytes", type=int, default=1000, help="a case may take")
    options = parser.parse_args()
    program = Program(options.hpo.resolve(), options.seconds, options.megabytes)
    cases = [case for case in targets(options.assets.resolve()) if options.only in case.name]
    if not cases:
        sys.exit(f"no target is called '{options.only}'")
    end = time.monotonic() + 60 * options.minutes
    counts, found = {case.name: [0, 0, 0] for case in cases}, 0
    with tempfile.TemporaryDirectory(prefix="hpo-fuzz-") as scratch:
        scratch = pathlib.Path(scratch)
        make_corpus(program, scratch / "corpus")
        seed = options.seed
        while time.monotonic() < end and (options.cases is None or seed < options.seed + options.cases):
            rng = random.Random(seed)
            case = rng.choice(cases)
            number = rng.randrange(len(AGENTS))
            place = scratch / "case"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(scratch / "corpus" / str(number), place)
            case.damage(rng, place, AGENTS[number])
            command = case.command(rng, AGENTS[number])
            shutil.copytree(place, scratch / "before", dirs_exist_ok=True)
            problem, words = program.run(command, place, case.speaks_often)
            if problem == "hang":  # or a busy machine: once more
                shutil.rmtree(place)
                shutil.copytree(scratch / "before", place)
                problem, words = program.run(command, place, case.speaks_often)
            count = counts[case.name]
            count[0] += 1
            count[1] += bool(words)
            if problem:
                count[2] += 1
                found += 1
                print(f"{case.name} seed {seed} {AGENTS[number]}: {problem}: {words.strip()[:300]!r}", flush=True)
                keep = options.findings / f"{seed}-{case.name}"
                shutil.rmtree(keep, ignore_errors=True)
                shutil.copytree(scratch / "before", keep)
                shutil.copy(place / "stderr", keep)
                (keep / "command").write_text("\n".join(map(str, command)) + "\n")
            shutil.rmtree(scratch / "before")
            seed += 1
    print(f"{'target':32} cases refused findings")
    for name, (tried, refused, findings) in sorted(counts.items()):
        print(f"{name:32} {tried:5} {refused:7} {findings:8}")
    print(f"last seed {seed - 1}, {sum(count[0] for count in counts.values())} cases, {found} findings")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
