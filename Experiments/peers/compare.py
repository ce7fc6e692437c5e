"""Our training loop beside Stable-Baselines3's and SBX's SAC and a jitted JAX loop, alternating on this machine; medians and ratios.

python compare.py --hpo HPO [--environments HalfCheetah-v4 Humanoid-v4] [--repetitions 5] [--steps 400] [--threads 1 2] [--busy 0 1]
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PEER = pathlib.Path(__file__).with_name("peer.py")
JAX = pathlib.Path(__file__).with_name("jax_sac.py")
# Observations and actions of the tasks, for the loop that has no simulator.
SIZES = {"HalfCheetah-v4": (17, 6), "Humanoid-v4": (376, 17), "Hopper-v4": (11, 3), "Walker2d-v4": (17, 6), "Ant-v4": (111, 8)}


def environment_of_run() -> dict[str, str]:
    """Ours, but that OpenBLAS picks its kernels itself."""
    return {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}


def ours(hpo: str, environment: str, algorithm: str, threads: int) -> tuple[float, float]:
    """Steps per second, and the share of the multiply-add peak that their products are."""
    command = [hpo, "bench", "training", environment, "--algorithm", algorithm, "--threads", str(threads), "--json"]
    row = json.loads(subprocess.check_output(command, text=True, env=environment_of_run()))["training"][0]
    return row["steps_per_second"], row["loop_share_of_peak"]


def rate(command: list[str], name: str, threads: int) -> float:
    """What a peer prints last. It has as many processors as threads: not all of its libraries can be told otherwise."""
    processors = sorted(os.sched_getaffinity(0))[:threads]
    # MuJoCo's Python binding leaves a log file where it runs.
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, cwd=folder, env=environment_of_run(),
            preexec_fn=lambda: os.sched_setaffinity(0, processors),
        )
    if result.returncode != 0:
        sys.exit(f"{name} failed:\n{result.stderr[-2000:]}")
    return float(result.stdout.split()[-1])


@contextlib.contextmanager
def busy_processes(count: int):
    """Others that do nothing but use a processor each."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def measure(arguments, environment: str, threads: int, busy: int) -> None:
    rates: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    condition = f"{environment}, {threads} thread{'s' if threads > 1 else ''}" + (f", beside {busy} busy" if busy else "")
    for repetition in range(arguments.repetitions):
        with busy_processes(busy):
            for algorithm in ("sac", "sac-hpo"):
                speed, share = ours(arguments.hpo, environment, algorithm, threads)
                rates.setdefault(f"ours, {algorithm}", []).append(speed)
                shares.setdefault(f"ours, {algorithm}", []).append(share)
            for name, label in (("sb3", "Stable-Baselines3 SAC"), ("sbx", "SBX SAC")):
                command = [str(PEER), name, environment, str(arguments.steps), str(threads)]
                rates.setdefault(label, []).append(rate(command, label, threads))
            if environment in SIZES:
                command = [str(JAX), *map(str, SIZES[environment]), str(arguments.steps), str(threads)]
                rates.setdefault("JAX SAC, jitted loop", []).append(rate(command, "the jitted JAX loop", threads))
        print(f"{condition}, {repetition + 1} of {arguments.repetitions}:", *(f"{r[-1]:.0f}" for r in rates.values()), flush=True)
    peers = [name for name in rates if name not in shares]
    print(f"{condition:38}{'steps/s':>8}{'lowest':>8}{'highest':>8}" + "".join(f"{'x ' + name.split()[0][:7]:>10}" for name in peers) + f"{'of peak':>9}")
    for name, values in rates.items():
        middle = statistics.median(values)
        ratios = "".join(f"{middle / statistics.median(rates[peer]):10.2f}" for peer in peers)
        share = f"{100 * statistics.median(shares[name]):.0f} %" if name in shares else ""
        print(f"  {name:36}{middle:8.0f}{min(values):8.0f}{max(values):8.0f}{ratios}{share:>9}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hpo", required=True)
    parser.add_argument("--environments", nargs="+", default=["HalfCheetah-v4", "Humanoid-v4"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--steps", type=int, default=400, help="measured steps of a peer's run")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1], help="other processes that keep a processor busy each")
    arguments = parser.parse_args()
    for environment in arguments.environments:
        for busy in arguments.busy:
            for threads in arguments.threads:
                measure(arguments, environment, threads, busy)


if __name__ == "__main__":
    main()
