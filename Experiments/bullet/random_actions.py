"""Whether the tasks behave like pybullet-gym's under random actions: mean length and return of 300 episodes beside the reference's.

    python random_actions.py --hpo HPO [--episodes 300] [--seed 0]

`hpo rollout` plays the episodes, so that draws and actions come from here. Exits with 1 where a mean is further away than three standard
errors of the difference. Needs h5py and numpy.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

# pybullet-gym on pybullet 3.2.7, 300 episodes of uniform actions in [-1, 1]^17: mean and standard deviation of length and return.
REFERENCE = {
    "HumanoidPyBullet": {"length": (19.68, 2.50), "return": (-31.03, 7.99)},
    "Flagrun": {"length": (19.64, 2.23), "return": (-32.45, 8.45)},
    "FlagrunHarder": {"length": (188.29, 2.22), "return": (-402.56, 45.94)},
}
REFERENCE_EPISODES = 300
LONGEST = {"HumanoidPyBullet": 100, "Flagrun": 100, "FlagrunHarder": 400}
JOINTS, FLAGS = 17, 20


def write_episodes(path: pathlib.Path, task: str, episodes: int, seed: int) -> None:
    """Actions for longer than any episode lasts; joint positions and, more than can be used up, places of flags."""
    generator = np.random.default_rng([seed, list(REFERENCE).index(task)])
    with h5py.File(path, "w") as file:
        for episode in range(episodes):
            group = file.create_group(f"episode_{episode}")
            group["actions"] = generator.uniform(-1, 1, (LONGEST[task], JOINTS))
            flags = generator.uniform(-1, 1, (FLAGS, 2)) * [26.25, 12.5]
            group["draws"] = np.concatenate([generator.uniform(-0.1, 0.1, JOINTS), flags.ravel()])


def play(hpo: str, task: str, episodes: int, seed: int) -> dict[str, np.ndarray]:
    """Length and return of each episode."""
    with tempfile.TemporaryDirectory() as folder:
        given, result = pathlib.Path(folder, "given.h5"), pathlib.Path(folder, "result.h5")
        write_episodes(given, task, episodes, seed)
        command = [hpo, "rollout", "--environment", task, "--input", str(given), "--output", str(result)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        lengths, returns = [], []
        with h5py.File(result) as file:
            for episode in range(episodes):
                group = file[f"episode_{episode}"]
                used = int(group["draws_consumed"][-1]) - JOINTS
                # A thrown cube draws five numbers of other ranges; a robot that acts at random lies long before the first.
                if not group["terminated"][-1] or used > 2 * FLAGS or used % 2:
                    sys.exit(f"{task}, episode {episode}: not over after {LONGEST[task]} steps, or draws for flags alone do not do")
                lengths.append(len(group["rewards"]))
                returns.append(group["rewards"][:].sum())
    return {"length": np.array(lengths, float), "return": np.array(returns)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hpo", required=True)
    parser.add_argument("--episodes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(f"{'task':18}{'':8}{'ours':>18}{'reference':>18}{'difference':>12}{'std errors':>12}")
    worst = 0.0
    for task, reference in REFERENCE.items():
        ours = play(arguments.hpo, task, arguments.episodes, arguments.seed)
        for quantity, (mean, deviation) in reference.items():
            values = ours[quantity]
            error = np.sqrt(values.var(ddof=1) / len(values) + deviation**2 / REFERENCE_EPISODES)
            difference = values.mean() - mean
            worst = max(worst, abs(difference) / error)
            mine, theirs = f"{values.mean():.2f} ± {values.std(ddof=1):.2f}", f"{mean:.2f} ± {deviation:.2f}"
            print(f"{task:18}{quantity:8}{mine:>18}{theirs:>18}{difference:12.2f}{difference / error:12.2f}", flush=True)
    if worst > 3:
        sys.exit(f"a mean is {worst:.1f} standard errors from the reference's")


if __name__ == "__main__":
    main()
