"""What other tools get: ONNX, Minari, TensorBoard, CSV; and episodes in Gymnasium."""

from __future__ import annotations

import itertools
import pathlib

import gymnasium
import h5py
import minari
import numpy as np
import onnx
import pandas as pd
import pytest
from conftest import COSTS, FIXTURES, HOPPER, POLICIES, make_networks
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import hpo
from hpo.environments import gymnasium_spec
from hpo.evaluation import Start, read_starts
from hpo.minari_dataset import export_minari
from hpo.onnx_graph import build, difference, export_onnx
from hpo.scatter import draw_scatter
from hpo.tables import export_csv
from hpo.tensorboard_events import export_tensorboard, scalars
from hpo.runs import find


# ONNX


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "safe"])
def test_onnxruntime_computes_the_programs_actions(name: str) -> None:
    path = FIXTURES / "policies" / f"{name}.h5"
    policy = hpo.Policy(path)
    states = np.random.default_rng(3).standard_normal((1000, policy.observation_size)) * 2
    assert difference(build(policy), policy, states) < 2e-5
    with h5py.File(path) as file:
        assert difference(build(policy), policy, file["expected/observations"][:]) < 5e-6


@pytest.mark.parametrize("boundary", ["clip", "reflect", "latent", "none"])
@pytest.mark.parametrize(
    "settings",
    [
        {"tempering": "learned", "mass": "consistent"}, {"layer_norm": True}, {"layer_norm": True, "constraint": "lagrangian", "lambda": 0.7},
        {"algorithm": "td3"}, {"training_policy": "conventional", "leapfrog_step_size": 0.3},
        {"action_low": [-1.0, 0.0, -2.0], "action_high": [1.0, 3.0, 2.0]},
    ],
    ids=["tempering", "LayerNorm", "cost", "td3", "conventional", "uneven range"],
)  # fmt: skip
def test_graphs_of_every_kind_agree_with_the_policy(boundary: str, settings: dict, tmp_path: pathlib.Path) -> None:
    policy = hpo.Policy(make_networks(tmp_path / "networks.h5", boundary=boundary, **settings))
    off = difference(build(policy), policy, np.random.default_rng(3).standard_normal((500, 5)))
    assert off < 1e-4


def test_a_zero_gradient_moves_nothing_and_gives_no_nan(tmp_path: pathlib.Path) -> None:
    path = make_networks(tmp_path / "networks.h5")
    with h5py.File(path, "r+") as file:
        for critic in ("target_critic1", "target_critic2"):
            file[f"networks/{critic}/2/weight"][...] = 0
    policy = hpo.Policy(path)
    assert difference(build(policy), policy, np.zeros((3, 5))) < 1e-5


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"candidates": 4}, "draws 4 candidates for each action"),
        ({"algorithm": "iapo", "iterations": 2}, "is of iapo, which improves its actions by sampling"),
    ],
)
def test_what_a_graph_cannot_hold_is_refused_saying_why(settings: dict, reason: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(hpo.UsageError, match=reason):
        build(hpo.Policy(make_networks(tmp_path / "networks.h5", **settings)))
    with pytest.raises(hpo.UsageError, match="filters its actions by how its episode began"):
        build(hpo.Policy(COSTS))


def test_an_onnx_file_says_its_shapes_opset_and_task(tmp_path: pathlib.Path) -> None:
    path, largest = export_onnx(HOPPER, tmp_path / "policy.onnx")
    model = onnx.load(path)
    assert largest < 1e-6 and model.opset_import[0].version == 17
    sizes = [[d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in (model.graph.input[0], model.graph.output[0])]
    assert sizes == [["batch", 11], ["batch", 3]]
    assert {item.key: item.value for item in model.metadata_props}["environment"] == "Hopper-v2"


# Minari


@pytest.mark.parametrize("run", [HOPPER, COSTS], ids=["Hopper", "Ant"])
def test_minari_loads_a_run_and_every_array_is_the_replays(
    run: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = export_minari(run, tmp_path)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    dataset = minari.load_dataset(name)
    assert dataset.spec.minari_version == "0.4.3"
    with h5py.File(run / "replay.h5") as file:
        rows = {key: file[key][:] for key in file}
    episodes = list(dataset.iterate_episodes())
    assert dataset.total_steps == len(rows["rewards"]) == sum(len(e.rewards) for e in episodes)
    for key, name in (("actions", "actions"), ("rewards", "rewards"), ("terminals", "terminations")):
        np.testing.assert_array_equal(np.concatenate([getattr(e, name) for e in episodes]), rows[key])
    np.testing.assert_array_equal(np.concatenate([e.observations[:-1] for e in episodes]), rows["observations"])
    np.testing.assert_array_equal(np.concatenate([e.observations[1:] for e in episodes]), rows["next_observations"])
    for episode in episodes[:-1]:
        assert len(episode.observations) == len(episode.actions) + 1
        assert episode.terminations[-1] != episode.truncations[-1] and not episode.truncations[:-1].any()
    if "costs" in rows:
        np.testing.assert_array_equal(np.concatenate([e.infos["cost"][1:] for e in episodes]), rows["costs"])
    task = dataset.recover_environment()
    assert task.observation_space.shape == (rows["observations"].shape[1],)


def test_minari_gets_only_what_the_checkpoint_counts_and_never_overwrites(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    with h5py.File(run / "checkpoint.h5", "r+") as file:
        file["rows"].attrs["replay"] = 250
    name = export_minari(run, tmp_path, "some/set-v3")
    assert name == "some/set-v3"
    assert minari.MinariDataset(tmp_path / name / "data").total_steps == 250
    with pytest.raises(hpo.UsageError, match="exists; remove it or give another --dataset-id"):
        export_minari(run, tmp_path, "some/set-v3")
    with pytest.raises(hpo.UsageError, match="'with space-v0' is no dataset id"):
        export_minari(run, tmp_path, "with space-v0")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".minari")] == []


def test_actions_of_a_wider_range_are_in_the_tasks_own_units(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    with h5py.File(run / "checkpoint.h5", "r+") as file:
        file["networks"].attrs.update({"action_low": np.full(3, -2.0), "action_high": np.full(3, 2.0)})
    dataset = minari.MinariDataset(tmp_path / export_minari(run, tmp_path) / "data")
    with h5py.File(run / "replay.h5") as file:
        np.testing.assert_array_equal(np.concatenate([e.actions for e in dataset.iterate_episodes()]), file["actions"][:] * 2)
    assert dataset.action_space == gymnasium.spaces.Box(-2, 2, (3,), np.float32)


# TensorBoard


def read_events(folder: pathlib.Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(item.step, item.value) for item in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_tensorboards_own_reader_sees_every_scalar_under_sb3s_tags(tmp_path: pathlib.Path) -> None:
    (count,) = export_tensorboard(HOPPER, tmp_path)
    seen = read_events(tmp_path)
    assert count == sum(len(rows) for rows in seen.values())
    with h5py.File(HOPPER / "curve.h5") as file:
        evaluation, update, episode = file["evaluation"], file["update"], file["episode"]
        for tag, group, name in (
            ("eval/mean_reward", evaluation, "return_mean"), ("eval/mean_ep_length", evaluation, "length_mean"),
            ("train/critic_loss", update, "critic_loss"), ("train/actor_loss", update, "policy_loss"),
            ("train/ent_coef", update, "alpha"), ("time/fps", update, "steps_per_second"), ("train/q_mean", update, "q_mean"),
        ):  # fmt: skip
            expected = [(int(s), np.float32(v)) for s, v in zip(group["step"][:], group[name][:]) if not np.isnan(v)]
            assert seen[tag] == expected and expected
        returns = episode["return"][:]
        means = [np.float32(returns[max(0, i - 99) : i + 1].mean()) for i in range(len(returns))]
        assert [step for step, _ in seen["rollout/ep_rew_mean"]] == episode["step"][:].tolist()
        np.testing.assert_allclose([value for _, value in seen["rollout/ep_rew_mean"]], means, rtol=1e-6)
    (again,) = export_tensorboard(HOPPER, tmp_path)
    assert sum(len(rows) for rows in read_events(tmp_path).values()) == again == count


def test_following_a_growing_run_writes_each_scalar_once_and_ends_with_it(mini: pathlib.Path, tmp_path: pathlib.Path, write_run) -> None:
    run = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    writer = write_run(run)
    following = export_tensorboard(run, tmp_path, follow=True, interval=0.001)
    first = next(following)
    writer.append(5)
    assert next(following) > first
    assert read_events(tmp_path)["eval/mean_reward"][1:] == [(200, 5.0)]
    writer.append(6)
    # Now the run's last step is there: one more look, and the generator ends by itself.
    assert len(list(following)) == 1
    assert [step for step, _ in read_events(tmp_path)["eval/mean_reward"]] == [100, 200, 300]


def test_costs_and_lambda_are_scalars_too() -> None:
    tags = set(scalars(find(COSTS)[0])["tag"])
    assert {"eval/mean_cost", "eval/mean_discounted_cost", "rollout/ep_cost_mean", "train/lambda"} <= tags


def test_one_run_is_exported_not_several(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(hpo.UsageError, match="holds 9 runs; name one of them, such as"):
        list(export_tensorboard(mini, tmp_path))


# CSV


def test_csv_files_hold_the_tables(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    files, _ = export_csv(mini, tmp_path)
    assert [file.name for file in files] == ["evaluation.csv", "returns.csv", "episode.csv", "update.csv"]
    table = pd.read_csv(files[0], keep_default_na=False, float_precision="round_trip")
    assert table["return"].tolist() == hpo.load(mini, warn=False)["return"].tolist()
    (single,), _ = export_csv(HOPPER, tmp_path / "one.csv")
    assert len(pd.read_csv(single)) == 3


# Figure 7


def test_base_and_evolved_actions_are_drawn_over_q_panels_in_the_order_of_steps(tmp_path: pathlib.Path) -> None:
    generator = np.random.default_rng(0)
    paths = []
    for step in (300, 100):
        paths.append(tmp_path / f"actions-{step}.h5")
        with h5py.File(paths[-1], "w") as file:
            file.attrs.update({"step": step, "environment": "Hopper-v2", "algorithm": "sac-hpo", "seed": 0})
            file["base_actions"] = generator.uniform(-1, 1, (50, 3)).astype(np.float32)
            file["evolved_actions"] = generator.uniform(-1, 1, (50, 3)).astype(np.float32)
            file["dimensions"], file["state"] = [0, 2], np.zeros(11)
            file["grid_x"], file["grid_y"] = np.linspace(-1, 1, 7), np.linspace(-1, 1, 5)
            file["min_q"] = generator.standard_normal((5, 7)).astype(np.float32)
    png, pdf = draw_scatter(paths, tmp_path / "out", "figure-7")
    from PIL import Image

    assert "Steps: 100, 300." in Image.open(png).text["Description"] and pdf.stat().st_size > 3000
    with h5py.File(paths[0], "r+") as file:
        del file["min_q"]
        file["min_q"] = np.zeros((7, 5), np.float32)
    with pytest.raises(hpo.HpoError, match=r"its grid \(7, 5\) or dimensions 0, 2 do not fit 3 actions"):
        draw_scatter(paths, tmp_path / "out")


# Gymnasium


def test_evaluating_in_gymnasium_repeats_by_seed_and_counts_its_own_steps() -> None:
    policy = hpo.Policy(HOPPER)
    task = hpo.make_environment(policy)
    once, again = (hpo.evaluate(policy, task, episodes=3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(once.returns, again.returns)
    assert once.returns.shape == (3,) and (once.lengths > 1).all()
    assert str(once) == f"mean {once.returns.mean():.2f}, standard deviation {once.returns.std():.2f} over 3 episodes"


def test_episodes_start_from_recorded_states(tmp_path: pathlib.Path) -> None:
    policy = hpo.Policy(HOPPER)
    task = hpo.make_environment(policy)
    qpos, qvel = task.unwrapped.init_qpos + 0.001, task.unwrapped.init_qvel - 0.002
    with h5py.File(tmp_path / "recording.h5", "w") as file:
        for i in (0, 1, 10, 2):
            file[f"episode_{i}/qpos0"], file[f"episode_{i}/qvel0"] = qpos + i * 1e-4, qvel
    starts = read_starts(tmp_path / "recording.h5")
    assert [round((start.qpos[0] - qpos[0]) / 1e-4) for start in starts] == [0, 1, 2, 10]
    both = hpo.evaluate(policy, task, starts=[starts[0], starts[0]])
    assert both.returns[0] == both.returns[1]
    # The task's own equations by hand, from the same state.
    observation = _at(task, Start(qpos, qvel))
    total = 0.0
    for _ in itertools.count():
        observation, reward, terminated, truncated, _ = task.step(policy.predict(observation)[0])
        total += reward
        if terminated or truncated:
            break
    assert total == pytest.approx(both.returns[0], abs=1e-12)


def _at(task: gymnasium.Env, start: Start) -> np.ndarray:
    import mujoco

    task.reset(seed=0)
    mujoco.mj_resetData(task.unwrapped.model, task.unwrapped.data)
    task.unwrapped.set_state(start.qpos, start.qvel)
    return task.unwrapped._get_obs()


@pytest.mark.parametrize(
    ("environment", "name"),
    [("Hopper-v2", "Hopper-v4"), ("Ant-v5", "Ant-v5"), ("Pendulum-v1", "Pendulum-v1"), ("Pusher-v5", "Pusher-v5"), ("Reacher-v2", "Reacher-v4")],
)
def test_tasks_have_their_gymnasium_ids(environment: str, name: str) -> None:
    assert gymnasium_spec(environment).id == name


def test_ant_v2_has_the_contact_forces_that_it_had() -> None:
    assert gymnasium_spec("Ant-v2").kwargs["use_contact_forces"] is True
    assert "use_contact_forces" not in gymnasium_spec("Ant-v4").kwargs


def test_parameters_of_the_run_become_gymnasiums_and_what_it_lacks_is_refused() -> None:
    configuration = {
        "environment.healthy_z_range": [0.7, "inf"], "environment.healthy_reward": 2, "environment.frame_skip": 4,
        "environment.xml_file": "hopper.xml", "environment.divergence": "continue",
    }  # fmt: skip
    spec = gymnasium_spec("Hopper-v2", configuration)
    assert spec.kwargs == {"healthy_z_range": (0.7, np.inf), "healthy_reward": 2}
    with pytest.raises(hpo.UsageError, match="Gymnasium's Hopper-v4 has no parameter 'frame_skip', which is 8"):
        gymnasium_spec("Hopper-v2", {"environment.frame_skip": 8})
    with pytest.raises(hpo.UsageError, match="Gymnasium has no task with the rules of 'HumanoidFlagrunPyBulletEnv-v0'"):
        gymnasium_spec("HumanoidFlagrunPyBulletEnv-v0")


def test_an_environment_of_other_sizes_or_ranges_is_refused() -> None:
    policy = hpo.Policy(HOPPER)
    with pytest.raises(hpo.UsageError, match="Pendulum-v1 has 3 observations and 1 actions; the policy of 'Hopper-v2' was trained with 11 and 3"):
        hpo.evaluate(policy, gymnasium.make("Pendulum-v1"))
    policy.action_high = policy.action_high * 2
    with pytest.raises(hpo.UsageError, match=r"the environment's actions lie in \[-1, 1\], the policy's in \[-1, 2\]"):
        hpo.evaluate(policy, hpo.make_environment(policy))
