"""How often pybullet-gym parts from its own recordings when the heap of its process is another: replays recorded episodes in processes
that have imported other modules and made other objects before, and counts those whose observations differ within 15 steps.

    python heap.py --pybullet-gym CHECKOUT [--processes 60]

The recordings are the tests' fixtures. About two minutes a task for 60 processes.
"""
import argparse
import pathlib
import random
import subprocess
import sys

EPISODES = [("HumanoidPyBullet", 1), ("HumanoidPyBullet", 3), ("Flagrun", 1), ("Flagrun", 0), ("FlagrunHarder", 4)]
RECORDINGS = pathlib.Path(__file__).parents[2] / "Tests" / "BulletTests" / "Fixtures"
STEPS = 15


def vary(seed: int) -> list:
    """Makes this process's heap another: modules, and objects of many sizes of which some are kept."""
    choice = random.Random(seed)
    modules = ["json", "csv", "unittest", "xml.dom.minidom", "email", "http.client", "asyncio", "sqlite3", "decimal",
               "multiprocessing", "ctypes", "logging.config", "argparse", "pickle", "tempfile"]
    for module in choice.sample(modules, choice.randrange(6)):
        __import__(module)
    made = []
    for _ in range(choice.choice([0, 0, 50, 500, 3000])):
        size = choice.choice([choice.randrange(16, 300), choice.randrange(600, 900), choice.randrange(1000, 9000)])
        made.append(choice.choice([bytes(size), bytes([choice.randrange(256)]) * size, [choice.random()] * (size // 8)]))
    choice.shuffle(made)
    return made[: choice.randrange(len(made) + 1)]


def parts_within(checkout: str, task: str, episode: int) -> bool:
    """Whether a replay in this process differs from the recording by more than 1e-6 after 15 steps or fewer."""
    import h5py
    import numpy as np

    import reference

    with h5py.File(RECORDINGS / f"{reference.TASKS[task][2]}.h5") as file:
        group = file[f"episode_{episode}"]
        actions, observations, draws = group["actions"][:STEPS], group["observations"][: STEPS + 1], group["draws"][:]
    environment = reference.make(checkout, task, reference.Recorded(draws))
    seen = [environment.reset()] + [environment.step(action)[0] for action in actions]
    return bool((np.abs(np.array(seen) - observations) > 1e-6).any())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pybullet-gym", dest="checkout", required=True, help="folder of a checkout")
    parser.add_argument("--processes", type=int, default=60)
    parser.add_argument("--replay", nargs=3, metavar=("SEED", "TASK", "EPISODE"), help="one replay in this process")
    arguments = parser.parse_args()
    if arguments.replay:
        seed, task, episode = arguments.replay
        kept = vary(int(seed))
        print("parts" if parts_within(arguments.checkout, task, int(episode)) else "equal", len(kept))
        return
    for task, episode in EPISODES:
        parted = 0
        for seed in range(1, arguments.processes + 1):
            command = [sys.executable, __file__, "--pybullet-gym", arguments.checkout, "--replay", str(seed), task, str(episode)]
            output = subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL)
            parted += "parts" in output.split("\n")[-2]
        print(f"{task}, episode {episode}: {parted} of {arguments.processes} processes part from the recording within {STEPS} steps",
              flush=True)


if __name__ == "__main__":
    main()
