"""Records trajectories of Gymnasium's MuJoCo tasks, the reference that this project's tasks must equal bit for bit.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python record.py ../Fixtures

A second argument stretches the episodes, for a longer comparison that is not kept; a third records only the files whose names contain it.
One file per environment and parameter set, in the layout of `hpo rollout`: per group `episode_<i>` the input
(`actions`, `qpos0`, `qvel0`) and what Gymnasium made of it (`observations`, `rewards`, `terminated`, `qpos`, `qvel`). Attributes
name the environment and its parameters (JSON).
"""

import json
import pathlib
import sys
import tempfile

import gymnasium
import h5py
import mujoco
import numpy as np

NAMES = ["HalfCheetah", "Hopper", "Walker2d", "Ant", "Humanoid", "InvertedPendulum", "InvertedDoublePendulum", "Reacher", "Swimmer",
         "HumanoidStandup"]
IDS = [f"{name}-{version}" for name in NAMES for version in ("v2", "v4", "v5")] + ["Pusher-v5", "Pendulum-v1"]

# (what the actions are, their precision, most steps), short enough for the fixtures to stay below 4 MB in all.
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
    ("InvertedPendulum-v5", dict(frame_skip=3, reset_noise_scale=0.15)),
    ("InvertedDoublePendulum-v5", dict(frame_skip=2, healthy_reward=3.3, reset_noise_scale=0.3)),
    ("Reacher-v5", dict(frame_skip=5, reward_dist_weight=0.7, reward_control_weight=0.3)),
    ("Pusher-v5", dict(frame_skip=3, reward_near_weight=0.3, reward_dist_weight=1.7, reward_control_weight=0.23)),
    ("Swimmer-v4", dict(forward_reward_weight=0.7, ctrl_cost_weight=0.013, exclude_current_positions_from_observation=False)),
    ("Swimmer-v5", dict(frame_skip=7, reset_noise_scale=1.1, ctrl_cost_weight=0.3)),
    ("HumanoidStandup-v5", dict(frame_skip=3, uph_cost_weight=3.0, ctrl_cost_weight=0.7, impact_cost_weight=1e-3,
                                impact_cost_range=[0.2, 4.0], exclude_current_positions_from_observation=False,
                                include_cvel_in_observation=False, include_cfrc_ext_in_observation=False)),
    ("Pendulum-v1", dict(g=9.81)),
]

# Models of one's own, as a user would write them; recorded by content. Gymnasium runs them all.
MODELS = {
    "two-joints": """<mujoco><worldbody><geom type="plane" size="9 9 1"/><body name="torso" pos="0 0 0.6"><joint name="x" type="slide"
 axis="1 0 0"/><geom type="sphere" size="0.1"/><body name="leg"><joint name="hip" axis="0 1 0"/><geom type="capsule"
 fromto="0 0 0 0 0 -0.4" size="0.05"/></body></body></worldbody><actuator><motor joint="x" gear="20" ctrlrange="-1 1"/><motor joint="hip"
 gear="5" ctrlrange="-1 0.5"/></actuator></mujoco>""",
    "three-joints": """<mujoco><option timestep="0.004"/><worldbody><geom type="plane" size="9 9 1"/><body name="torso"
 pos="0 0 0.6"><joint type="slide" axis="1 0 0"/><joint type="slide" axis="0 1 0"/><joint type="slide" axis="0 0 1" ref="1.2"/><geom
 type="sphere" size="0.2"/><site name="top" pos="0.1 0 1.3"/></body></worldbody><actuator><motor tendon="lift" gear="40" ctrlrange="-1 1"/>
</actuator><tendon><fixed name="lift"><joint joint="up" coef="1"/></fixed></tendon></mujoco>""".replace(
        'axis="0 0 1" ref', 'name="up" axis="0 0 1" ref'),
    # MuJoCo's own plugin: a beam that bends.
    "cable": """<mujoco><extension><plugin plugin="mujoco.elasticity.cable"/></extension><worldbody><geom type="plane" size="9 9 1"/><body
 name="torso" pos="0 0 0.75"><freejoint/><geom type="sphere" size="0.2"/><composite type="cable" curve="s" count="6 1 1" size="1"
 offset="0.25 0 0" initial="none"><plugin plugin="mujoco.elasticity.cable"><config key="twist" value="1e7"/><config key="bend"
 value="4e6"/></plugin><joint kind="main" damping="0.015"/><geom type="capsule" size=".02" density="300"/></composite></body></worldbody>
<actuator><motor joint="J_1" gear="0 0 5" ctrlrange="-1 1"/></actuator></mujoco>""",
}
OWN = [
    ("HalfCheetah-v5", "two-joints", dict(exclude_current_positions_from_observation=False)),
    ("Ant-v5", "two-joints", dict(terminate_when_unhealthy=False)), ("Ant-v4", "two-joints", dict(terminate_when_unhealthy=False)),
    ("InvertedPendulum-v5", "two-joints", {}), ("Swimmer-v5", "two-joints", {}),
    ("Humanoid-v5", "three-joints", dict(terminate_when_unhealthy=False)),
    ("HumanoidStandup-v5", "three-joints", {}), ("InvertedDoublePendulum-v5", "three-joints", {}),
    ("Hopper-v5", "three-joints", dict(terminate_when_unhealthy=False)), ("Ant-v5", "cable", dict(terminate_when_unhealthy=False)),
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


class PendulumData:
    """Pendulum-v1 as if MuJoCo simulated it."""
    def __init__(self, env):
        self.env = env

    qpos = property(lambda self: np.array(self.env.state[:1], dtype=np.float64))
    qvel = property(lambda self: np.array(self.env.state[1:], dtype=np.float64))


def actions_of(kind, dtype, length, space, generator):
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    scale = {"zero": 0.0, "mild": 0.2, "beyond": 1.5}.get(kind, 1.0)
    actions = (scale * generator.uniform(low, high, size=(length, low.size))).astype(dtype)
    if kind == "broken":
        actions[3, 0], actions[6, 1], actions[9] = np.nan, -np.inf, 1e25
    return actions


def record(folder, stem, name, parameters, episodes, model=None):
    if ONLY not in stem:
        return
    files = {}
    if model:
        path = pathlib.Path(tempfile.mkdtemp()) / "model.xml"
        path.write_text(MODELS[model])
        files["xml_file"] = str(path)
    if model and name.endswith("v4"):
        # v4 has no xml_file; the class with its model's name replaced is what a user of v4 would write.
        env = with_model(name, files.pop("xml_file"), parameters)
    else:
        env = gymnasium_task(name, {**parameters, **files})
    data = PendulumData(env) if name.startswith("Pendulum") else env.data
    generator = np.random.default_rng(sum(map(ord, stem)))
    with h5py.File(folder / f"{stem}.h5", "w", libver=("v108", "v108")) as file:
        file.attrs["environment"] = name
        file.attrs["parameters"] = json.dumps(parameters)
        file.attrs["gymnasium"] = gymnasium.__version__
        file.attrs["mujoco"] = mujoco.__version__
        file.attrs["numpy"] = np.__version__
        if model:
            file.attrs["model"] = MODELS[model]
        for index, (kind, dtype, length) in enumerate(episodes):
            # The last episode starts high and tumbling, for hard contacts and falls.
            observation, _ = env.reset(seed=100 + index)
            if kind == "beyond" and name.startswith(("Ant", "Humanoid-")) and not model:
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
            qpos, qvel = [data.qpos.copy()], [data.qvel.copy()]
            observations, rewards, terminated = [observation], [], []
            for action in actions:
                observation, reward, ended, _, _ = env.step(action)
                observations.append(observation)
                rewards.append(np.float64(reward))
                terminated.append(bool(ended))
                qpos.append(data.qpos.copy())
                qvel.append(data.qvel.copy())
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


def with_model(name, path, parameters):
    from gymnasium.envs.mujoco import mujoco_env
    expand = mujoco_env.expand_model_path
    mujoco_env.expand_model_path = lambda _: path
    entry = gymnasium.spec(name).entry_point
    try:
        module, kind = entry.split(":")
        task = getattr(__import__(module, fromlist=[kind]), kind)
        # v4 asserts the frame rate of its own model.
        task.metadata = {key: value for key, value in task.metadata.items() if key != "render_fps"}
        return gymnasium_task(name, parameters)
    finally:
        mujoco_env.expand_model_path = expand


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    global ONLY
    ONLY = sys.argv[3] if len(sys.argv) > 3 else ""
    stretched = [(kind, dtype, round(scale * length)) for kind, dtype, length in EPISODES]
    for name in IDS:
        # Its observations are long and never alike.
        share = 3 if name.startswith("HumanoidStandup") else 1
        record(folder, name, name, {}, [(kind, dtype, length // share) for kind, dtype, length in stretched])
    stretched = [(kind, dtype, round(scale * length)) for kind, dtype, length in VARIANT_EPISODES]
    for name, parameters in VARIANTS:
        record(folder, f"{name}-parameters", name, parameters, stretched)
    for name, model, parameters in OWN:
        record(folder, f"{name}-{model}", name, parameters, stretched, model=model)
    for name, parameters in BROKEN:
        record(folder, f"{name}-broken", name, parameters, BROKEN_EPISODES)


if __name__ == "__main__":
    main()
