"""Memory after many resets: peak resident memory of processes that begin about 100, 1,000 and 10,000 episodes, each in a world of its own.

    python resets.py --hpo HPO [--resets 100 1000 10000]

`hpo bench environments` plays the same 975 random actions again and again, 50 episodes of HumanoidPyBullet each time, so that nothing but
what a reset leaves behind can grow. Linux reports the memory in kilobytes.
"""
import argparse
import os
import subprocess
import time

ACTIONS, EPISODES = 975, 50


def peak_megabytes(hpo: str, resets: int) -> float:
    """Of a process that plays the actions once to warm up and then as often as it takes."""
    repetitions = max(1, resets // EPISODES - 1)
    command = [hpo, "bench", "environments", "HumanoidPyBullet", "--steps", str(ACTIONS), "--repetitions", str(repetitions)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"{' '.join(command[1:])} ended with status {process.returncode}")
    return usage.ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hpo", required=True)
    parser.add_argument("--resets", type=int, nargs="+", default=[100, 1000, 10000])
    arguments = parser.parse_args()
    print("  resets   resident memory     time")
    for resets in arguments.resets:
        started = time.monotonic()
        print(f"{resets:8}{peak_megabytes(arguments.hpo, resets):15.1f} MB{time.monotonic() - started:7.0f} s", flush=True)


if __name__ == "__main__":
    main()
