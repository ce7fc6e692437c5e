"""Our training loop beside Stable-Baselines3's and SBX's SAC, alternating on this machine; medians and ratios.

python compare.py --hpo HPO [--environments HalfCheetah-v4 Humanoid-v4] [--repetitions 5] [--steps 400] [--threads 2]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

PEER = pathlib.Path(__file__).with_name("peer.py")


def ours(hpo: str, environment: str, algorithm: str, threads: int) -> tuple[float, float]:
    """Steps per second, and the share of the floor that they are."""
    text = subprocess.check_output(
        [hpo, "bench", "training", environment, "--algorithm", algorithm, "--threads", str(threads), "--json"], text=True
    )
    row = json.loads(text)["training"][0]
    return row["steps_per_second"], row["share_of_floor"]


def peer(name: str, environment: str, steps: int, threads: int) -> float:
    command = [sys.executable, str(PEER), name, environment, str(steps), str(threads)]
    # MuJoCo's Python binding leaves a log file where it runs.
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if result.returncode != 0:
        sys.exit(f"{name} failed on {environment}:\n{result.stderr[-2000:]}")
    return float(result.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hpo", required=True)
    parser.add_argument("--environments", nargs="+", default=["HalfCheetah-v4", "Humanoid-v4"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--steps", type=int, default=400, help="measured steps of a peer's run")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    for environment in arguments.environments:
        rates: dict[str, list[float]] = {}
        shares: dict[str, list[float]] = {}
        for repetition in range(arguments.repetitions):
            for algorithm in ("sac", "sac-hpo"):
                rate, share = ours(arguments.hpo, environment, algorithm, arguments.threads)
                rates.setdefault(f"ours, {algorithm}", []).append(rate)
                shares.setdefault(f"ours, {algorithm}", []).append(share)
            rates.setdefault("Stable-Baselines3 SAC", []).append(peer("sb3", environment, arguments.steps, arguments.threads))
            rates.setdefault("SBX SAC", []).append(peer("sbx", environment, arguments.steps, arguments.threads))
            print(f"{environment} {repetition + 1} of {arguments.repetitions}:", *(f"{r[-1]:.0f}" for r in rates.values()), flush=True)
        sb3, sbx = (statistics.median(rates[name]) for name in ("Stable-Baselines3 SAC", "SBX SAC"))
        print(f"{environment:24}{'steps/s':>8}{'lowest':>8}{'highest':>8}{'x SB3':>8}{'x SBX':>8}{'floor':>8}")
        for name, values in rates.items():
            middle = statistics.median(values)
            share = f"{100 * statistics.median(shares[name]):.0f} %" if name in shares else ""
            print(
                f"  {name:22}{middle:8.0f}{min(values):8.0f}{max(values):8.0f}{middle / sb3:8.2f}{middle / sbx:8.2f}{share:>8}",
                flush=True,
            )


if __name__ == "__main__":
    main()
