"""Records trajectories of Gymnasium's MuJoCo tasks, the reference that this project's tasks must equal bit for bit.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python record.py ../Fixtures

A second argument stretches the episodes, for a longer comparison that is not kept.
One file per environment and parameter set, in the layout of `hpo rollout`: per group `episode_<i>` the input
(`actions`, `qpos0`, `qvel0`) and what Gymnasium made of it (`observations`, `rewards`, `terminated`, `qpos`, `qvel`). Attributes
name the environment and its parameters (JSON).
"""

import json
import pathlib
import sys

import gymnasium
import h5py
import mujoco
import numpy as np

NAMES = ["HalfCheetah", "Hopper", "Walker2d", "Ant", "Humanoid"]

# (what the actions are, their precision, most steps), short enough for the fixtures to stay below 3 MB in all.
EPISODES = [
    ("random", np.float32, 45),
    ("random", np.float64, 35),
    ("zero", np.float32, 30),
    ("mild", np.float64, 50),  # keeps the legged tasks up for longer
    ("beyond", np.float32, 25),  # outside of the control range: MuJoCo clamps, the control cost does not
]
# With falls that do not end the episode.
VARIANT_EPISODES = [("random", np.float32, 20), ("mild", np.float64, 25), ("beyond", np.float32, 20)]

# Non-default parameters: (environment, parameters). Falls go on where terminate_when_unhealthy is off.
VARIANTS = [
    ("HalfCheetah-v4", dict(forward_reward_weight=1.5, ctrl_cost_weight=0.3,
                            exclude_current_positions_from_observation=False)),
    ("HalfCheetah-v5", dict(frame_skip=2, forward_reward_weight=0.7, ctrl_cost_weight=0.05,
                            exclude_current_positions_from_observation=False, xml_file="half_cheetah.xml")),
    ("Hopper-v4", dict(terminate_when_unhealthy=False, healthy_reward=2.5, ctrl_cost_weight=0.01,
                       healthy_z_range=[0.5, 1.5], healthy_state_range=[-5.0, 5.0])),
    ("Hopper-v5", dict(terminate_when_unhealthy=False, healthy_angle_range=[-0.5, 0.1], frame_skip=3,
                       exclude_current_positions_from_observation=False)),
    ("Walker2d-v4", dict(terminate_when_unhealthy=False, healthy_reward=0.3, forward_reward_weight=2.0,
                         exclude_current_positions_from_observation=False)),
    ("Walker2d-v5", dict(terminate_when_unhealthy=False, healthy_angle_range=[-0.3, 0.3], xml_file="walker2d.xml")),
    ("Ant-v4", dict(terminate_when_unhealthy=False, healthy_z_range=[0.4, 0.7], use_contact_forces=True,
                    contact_force_range=[-0.5, 2.0], contact_cost_weight=0.01)),
    ("Ant-v5", dict(terminate_when_unhealthy=False, healthy_z_range=[0.4, 0.7], main_body="front_left_leg",
                    contact_force_range=[-2.0, 0.5], contact_cost_weight=0.01, forward_reward_weight=0.5,
                    include_cfrc_ext_in_observation=False, exclude_current_positions_from_observation=False)),
    ("Humanoid-v4", dict(terminate_when_unhealthy=False, ctrl_cost_weight=1.0, healthy_reward=1.0,
                         exclude_current_positions_from_observation=False)),
    ("Humanoid-v5", dict(terminate_when_unhealthy=False, contact_cost_weight=1e-4, contact_cost_range=[0.5, 3.0],
                         healthy_z_range=[0.8, 1.5], include_cinert_in_observation=False,
                         include_qfrc_actuator_in_observation=False)),
]

# Simulations that diverge, which MuJoCo resets, and controls that are no numbers.
BROKEN = [(name, dict(terminate_when_unhealthy=False)) for name in ("Hopper-v5", "Ant-v4", "Humanoid-v5")]
BROKEN_EPISODES = [("broken", np.float32, 12), ("broken", np.float64, 12), ("runaway", np.float32, 5)]


def gymnasium_task(name, parameters):
    """`-v2` is v4, with contact forces for Ant."""
    parameters = {k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()}
    if name.endswith("-v2"):
        name = name[:-1] + "4"
        if name.startswith("Ant"):
            parameters.setdefault("use_contact_forces", True)
    return gymnasium.make(name, **parameters).unwrapped


def actions_of(kind, dtype, length, space, generator):
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    scale = {"zero": 0.0, "mild": 0.2, "beyond": 1.5}.get(kind, 1.0)
    actions = (scale * generator.uniform(low, high, size=(length, low.size))).astype(dtype)
    if kind == "broken":
        actions[3, 0], actions[6, 1], actions[9] = np.nan, -np.inf, 1e25
    return actions


def record(folder, stem, name, parameters, episodes):
    env = gymnasium_task(name, parameters)
    generator = np.random.default_rng(sum(map(ord, stem)))
    with h5py.File(folder / f"{stem}.h5", "w", libver=("v108", "v108")) as file:
        file.attrs["environment"] = name
        file.attrs["parameters"] = json.dumps(parameters)
        file.attrs["gymnasium"] = gymnasium.__version__
        file.attrs["mujoco"] = mujoco.__version__
        file.attrs["numpy"] = np.__version__
        for index, (kind, dtype, length) in enumerate(episodes):
            # The last episode starts high and tumbling, for hard contacts and falls.
            observation, _ = env.reset(seed=100 + index)
            if kind == "beyond" and env.model.nq > env.model.nv:
                mujoco.mj_resetData(env.model, env.data)
                lift = 0.1 if name.startswith("Ant") else 0.3
                env.set_state(
                    env.init_qpos + np.eye(1, env.model.nq, 2)[0] * lift + generator.uniform(-0.1, 0.1, env.model.nq),
                    env.init_qvel + generator.uniform(-2, 2, env.model.nv))
                observation = env._get_obs()
            if kind == "runaway":
                mujoco.mj_resetData(env.model, env.data)
                env.set_state(env.init_qpos, env.init_qvel + 1e12 * np.eye(1, env.model.nv, 2)[0])
                observation = env._get_obs()
            actions = actions_of(kind, dtype, length, env.action_space, generator)
            qpos, qvel = [env.data.qpos.copy()], [env.data.qvel.copy()]
            observations, rewards, terminated = [observation], [], []
            for action in actions:
                observation, reward, ended, _, _ = env.step(action)
                observations.append(observation)
                rewards.append(np.float64(reward))
                terminated.append(bool(ended))
                qpos.append(env.data.qpos.copy())
                qvel.append(env.data.qvel.copy())
                if ended:
                    break
            group = file.create_group(f"episode_{index}")
            group.attrs["kind"] = kind
            for key, value in dict(
                actions=actions, qpos0=qpos[0], qvel0=qvel[0], observations=np.array(observations),
                rewards=np.array(rewards), terminated=np.array(terminated, dtype=np.uint8), qpos=np.array(qpos),
                qvel=np.array(qvel),
            ).items():
                # One chunk: more would cost more than they hold.
                chunked = dict(chunks=value.shape, compression="gzip", compression_opts=9, shuffle=True)
                group.create_dataset(key, data=value, **(chunked if value.nbytes > 5000 else {}))
            print(f"{stem} {kind:7} {np.dtype(dtype).name}: {len(rewards)} steps, terminated {terminated[-1]}")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    stretched = [(kind, dtype, round(scale * length)) for kind, dtype, length in EPISODES]
    for name in NAMES:
        for version in ("v2", "v4", "v5"):
            record(folder, f"{name}-{version}", f"{name}-{version}", {}, stretched)
    stretched = [(kind, dtype, round(scale * length)) for kind, dtype, length in VARIANT_EPISODES]
    for name, parameters in VARIANTS:
        record(folder, f"{name}-parameters", name, parameters, stretched)
    for name, parameters in BROKEN:
        record(folder, f"{name}-broken", name, parameters, BROKEN_EPISODES)


if __name__ == "__main__":
    main()
