"""One measurement of a peer: steps per second of its whole training loop, once updates have begun.

python peer.py sb3|sbx ENVIRONMENT STEPS THREADS  prints one number.
"""

import sys
import time

import gymnasium
from stable_baselines3.common.callbacks import BaseCallback

LEARNING_STARTS = 100
WARM_UP = 100  # updates: compilation, caches


class Stopwatch(BaseCallback):
    """Notes when the measured stretch begins and ends."""

    def __init__(self, first: int, last: int):
        super().__init__()
        self.first, self.last, self.marks = first, last, {}

    def _on_step(self) -> bool:
        if self.num_timesteps in (self.first, self.last):
            self.marks[self.num_timesteps] = time.perf_counter()
        return self.num_timesteps < self.last

    def rate(self) -> float:
        return (self.last - self.first) / (self.marks[self.last] - self.marks[self.first])


def main() -> None:
    peer, environment, steps, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if peer == "sb3":
        import torch
        from stable_baselines3 import SAC

        torch.set_num_threads(threads)
        options = {"device": "cpu"}
    else:
        from sbx import SAC

        options = {}
    # Our defaults, which are theirs but for the fixed temperature: two hidden layers of 256, batches of 256, one update a step.
    model = SAC(
        "MlpPolicy", gymnasium.make(environment), learning_starts=LEARNING_STARTS, batch_size=256, ent_coef=0.2, seed=0,
        buffer_size=100_000, policy_kwargs={"net_arch": [256, 256]}, **options,
    )
    stopwatch = Stopwatch(LEARNING_STARTS + WARM_UP, LEARNING_STARTS + WARM_UP + steps)
    model.learn(LEARNING_STARTS + WARM_UP + steps, callback=stopwatch)
    print(stopwatch.rate())


if __name__ == "__main__":
    main()
