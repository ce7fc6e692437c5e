"""Records trajectories of Gymnasium's MuJoCo tasks, the reference that this project's tasks must equal bit for bit.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python record.py ../Fixtures

One file per environment and parameter set, in the layout of `hpo rollout`: per group `episode_<i>` the input (`actions`,
`qpos0`, `qvel0`) and what Gymnasium made of it (`observations`, `rewards`, `terminated`, `qpos`, `qvel`). Attributes
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

# (episode length, what the actions are); every kind in both precisions. "mild" keeps the legged tasks up for longer.
EPISODES = [
    ("random", np.float32, 70),
    ("random", np.float64, 60),
    ("zero", np.float32, 60),
    ("mild", np.float64, 70),
    ("beyond", np.float32, 50),  # outside of the control range: MuJoCo clamps, the control cost does not
]

# Non-default parameters: (environment, parameters). Falls go on where terminate_when_unhealthy is off.
VARIANTS = {
    "parameters": [
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
    ],
}


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
    scale = {"random": 1.0, "zero": 0.0, "mild": 0.2, "beyond": 1.5}[kind]
    return (scale * generator.uniform(low, high, size=(length, low.size))).astype(dtype)


def record(folder, stem, name, parameters):
    env = gymnasium_task(name, parameters)
    generator = np.random.default_rng(sum(map(ord, stem)))
    with h5py.File(folder / f"{stem}.h5", "w", libver=("v108", "v108")) as file:
        file.attrs["environment"] = name
        file.attrs["parameters"] = json.dumps(parameters)
        file.attrs["gymnasium"] = gymnasium.__version__
        file.attrs["mujoco"] = mujoco.__version__
        file.attrs["numpy"] = np.__version__
        for index, (kind, dtype, length) in enumerate(EPISODES):
            # The last episode starts high and tumbling, for hard contacts and falls.
            observation, _ = env.reset(seed=100 + index)
            if kind == "beyond" and env.model.nq > env.model.nv:
                mujoco.mj_resetData(env.model, env.data)
                env.set_state(
                    env.init_qpos + np.eye(1, env.model.nq, 2)[0] * 0.3 + generator.uniform(-0.2, 0.2, env.model.nq),
                    env.init_qvel + generator.uniform(-2, 2, env.model.nv))
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
                chunked = dict(compression="gzip", compression_opts=9, shuffle=True) if value.nbytes > 2000 else {}
                group.create_dataset(key, data=value, **chunked)
            print(f"{stem} {kind:7} {np.dtype(dtype).name}: {len(rewards)} steps, terminated {terminated[-1]}")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        for version in ("v2", "v4", "v5"):
            record(folder, f"{name}-{version}", f"{name}-{version}", {})
    for label, variants in VARIANTS.items():
        for name, parameters in variants:
            record(folder, f"{name}-{label}", name, parameters)


if __name__ == "__main__":
    main()
