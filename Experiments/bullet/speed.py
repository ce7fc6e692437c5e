"""Steps per second beside pybullet-gym on PyPI's pybullet, in turn; medians and their ratio. On an otherwise idle machine.

    python speed.py --hpo HPO --pybullet-gym CHECKOUT [--steps 400] [--repetitions 5]

Whole episodes of random actions, their resets included, each repetition in a new process after one pass to warm up.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time

import numpy as np

import reference


def ours(hpo: str, task: str, steps: int) -> float:
    command = [hpo, "bench", "environments", task, "--steps", str(steps), "--repetitions", "1", "--json"]
    return json.loads(subprocess.check_output(command, text=True))["environments"][0]["stepsPerSecond"]


def theirs(checkout: str, task: str, steps: int) -> float:
    command = [sys.executable, __file__, "--pybullet-gym", checkout, "--steps", str(steps), "--measure", task]
    return float(subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).split()[-1])


def measure(checkout: str, task: str, steps: int) -> float:
    """This process's pybullet-gym."""
    environment = reference.make(checkout, task, np.random.RandomState(1))
    actions = np.random.RandomState(0).uniform(-1, 1, (steps, 17))
    elapsed = 0.0
    for _ in range(2):
        started = time.perf_counter()
        environment.reset()
        for action in actions:
            if environment.step(action)[2]:
                environment.reset()
        elapsed = time.perf_counter() - started
    return steps / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hpo")
    parser.add_argument("--pybullet-gym", dest="checkout", required=True, help="folder of a checkout")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--measure", metavar="TASK", help="pybullet-gym alone, once, in this process")
    arguments = parser.parse_args()
    if arguments.measure:
        print(measure(arguments.checkout, arguments.measure, arguments.steps))
        return
    if not arguments.hpo:
        parser.error("--hpo names the program to compare with")
    rates = {task: ([], []) for task in reference.TASKS}
    for _ in range(arguments.repetitions):
        for task, (mine, other) in rates.items():
            mine.append(ours(arguments.hpo, task, arguments.steps))
            other.append(theirs(arguments.checkout, task, arguments.steps))
    print(f"{'task':18}{'ours':>24}{'pybullet-gym':>24}{'ratio':>8}")
    for task, (mine, other) in rates.items():
        columns = [f"{statistics.median(x):.0f} ({min(x):.0f}-{max(x):.0f})" for x in (mine, other)]
        print(f"{task:18}{columns[0]:>24}{columns[1]:>24}{statistics.median(mine) / statistics.median(other):8.2f}")


if __name__ == "__main__":
    main()
