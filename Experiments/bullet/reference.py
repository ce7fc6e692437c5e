"""pybullet-gym's humanoids from a checkout of https://github.com/benelot/pybullet-gym, with draws of one's choice.

Nothing of it is kept here. It needs what requirements.txt lists; only its modules are imported, nothing is installed.
"""
import contextlib
import importlib
import os
import sys

TASKS = {
    "HumanoidPyBullet": ("humanoid_env", "HumanoidBulletEnv", "HumanoidPyBulletEnv-v0"),
    "Flagrun": ("humanoid_flagrun_env", "HumanoidFlagrunBulletEnv", "HumanoidFlagrunPyBulletEnv-v0"),
    "FlagrunHarder": ("humanoid_flagrun_env", "HumanoidFlagrunHarderBulletEnv", "HumanoidFlagrunHarderPyBulletEnv-v0"),
}


class Recorded:
    """Stands in for a generator of random numbers: hands out those of a recording, then zeros."""

    def __init__(self, draws):
        self.draws = iter(draws)

    def uniform(self, low=0.0, high=1.0, size=None):
        if size is None:
            return float(next(self.draws, 0.0))
        import numpy

        return numpy.array([self.uniform() for _ in range(size[0])])


def make(checkout: str, task: str, generator):
    """A task that draws from `generator`. What pybullet-gym prints on its way is not for standard output."""
    if checkout not in sys.path:
        sys.path.insert(0, checkout)
    module, name, _ = TASKS[task]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        environment = getattr(importlib.import_module(f"pybulletgym.envs.roboschool.envs.locomotion.{module}"), name)()
    environment.np_random = generator
    environment.robot.np_random = generator
    return environment
