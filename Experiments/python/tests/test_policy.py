"""hpo.Policy against the program's recorded actions and against the formulas written out naively."""

from __future__ import annotations

import pathlib
import shutil

import h5py
import numpy as np
import pytest
from conftest import COSTS, FIXTURES, HOPPER, POLICIES, make_networks

import hpo
from hpo.networks import Critic, Perceptron


def recorded(name: str) -> tuple[hpo.Policy, dict[str, np.ndarray]]:
    path = FIXTURES / "policies" / f"{name}.h5"
    with h5py.File(path) as file:
        return hpo.Policy(path), {key: data[:] for key, data in file["expected"].items()}


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "safe"])
def test_actions_are_the_programs_to_rounding(name: str) -> None:
    policy, expected = recorded(name)
    np.testing.assert_allclose(policy.action(expected["observations"]), expected["actions"], rtol=0, atol=2e-6)


def test_the_recorded_leapfrogs_meet_walls_and_move() -> None:
    """What the test above would not see otherwise."""
    for name in ("clip", "reflect", "latent"):
        policy, expected = recorded(name)
        mean, _ = policy.base_distribution(expected["observations"].astype(float))
        assert np.abs(np.tanh(mean) - expected["actions"]).mean() > 0.1
    assert (np.abs(recorded("clip")[1]["actions"]) == 1).mean() > 0.05
    policy, expected = recorded("reflect")
    policy.boundary = "clip"
    assert np.abs(policy.action(expected["observations"]) - expected["actions"]).max() > 0.1


def test_a_filtered_agent_acts_as_the_program_through_several_episodes() -> None:
    policy, expected = recorded("safe")
    assert expected["episode_start"].sum() > 3
    steps = zip(expected["observations"], expected["episode_start"])
    actions = np.concatenate([policy.action(state[None], bool(start)) for state, start in steps])
    np.testing.assert_allclose(actions, expected["actions"], rtol=0, atol=2e-6)
    # The filter decided: with fewer steps allowed, most actions are others.
    policy.steps = 2
    steps = zip(expected["observations"], expected["episode_start"])
    fewer = np.concatenate([policy.action(state[None], bool(start)) for state, start in steps])
    assert (np.abs(fewer - expected["actions"]).max(axis=1) > 1e-3).mean() > 0.5


def test_a_batch_of_environments_is_filtered_row_by_row() -> None:
    policy, expected = recorded("safe")
    starts = np.flatnonzero(expected["episode_start"])[:3]
    states = np.stack([expected["observations"][i : i + 4] for i in starts], axis=1)
    together = [policy.action(rows, np.full(3, index == 0)) for index, rows in enumerate(states)]
    for column, start in enumerate(starts):
        for index in range(4):
            if start + index < len(expected["actions"]) and not expected["episode_start"][start + 1 : start + index + 1].any():
                np.testing.assert_allclose(together[index][column], expected["actions"][start + index], rtol=0, atol=2e-6)


# The formulas once more, one state at a time, gradients by differences


def naive_forward(network: Perceptron, x: np.ndarray, activation, last=lambda z: z) -> np.ndarray:
    for index, layer in enumerate(network.layers):
        z = layer.weight @ x + layer.bias
        if layer.scale is not None:
            z = (z - np.mean(z)) / np.sqrt(np.var(z) + 1e-5) * layer.scale + layer.shift
        x = activation(z) if index < len(network.layers) - 1 else last(z)
    return x


def naive_action(path: pathlib.Path, state: np.ndarray) -> np.ndarray:
    with h5py.File(path) as file:
        group = file["networks"]
        s = dict(group.attrs)
        nets = {
            name: Perceptron.read(group[name]) for name in group if isinstance(group[name], h5py.Group) and "0" in group[name]
        }  # fmt: skip
        odds = group["tempering/log_odds"][:].astype(float) if "tempering" in group else None
    d, epsilon, boundary = int(s["action_size"]), s["leapfrog_step_size"], s["boundary"]
    relu, elu = (lambda z: np.where(z > 0, z, 0)), (lambda z: np.where(z > 0, z, np.exp(z) - 1))
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    squash = np.tanh if boundary == "latent" else (lambda a: a)

    def value(a: np.ndarray) -> float:
        x = np.concatenate([state, squash(a)])
        q = min(naive_forward(nets[f"target_critic{i}"], x, relu)[0] for i in (1, 2))
        if s.get("constraint", "none") != "none":
            q -= s["lambda"] * naive_forward(nets["target_cost_critic"], x, relu)[0]
        return q

    def force(a: np.ndarray) -> np.ndarray:
        gradient = np.array([(value(a + e) - value(a - e)) / 2e-6 for e in np.eye(d) * 1e-6])
        factor = s["momentum_std_training"] ** 2 if s.get("mass") == "consistent" else 1
        if s["training_policy"] == "conventional":
            return -gradient / s["alpha"] * factor
        g = -gradient / np.linalg.norm(gradient)
        x = np.concatenate([state, a, g])
        gate = naive_forward(nets["leapfrog_gate"], x, elu, sigmoid)
        return (gate * g + (1 - gate) * naive_forward(nets["leapfrog_transform"], x, elu)) * factor

    u = naive_forward(nets["policy"], state, relu)[:d]
    a, p = (u if boundary == "latent" else np.tanh(u)), np.zeros(d)
    for k in range(int(s["leapfrog_steps"])):
        p = p - epsilon / 2 * force(a)
        a = a + epsilon * p
        for j in range(d):
            if boundary == "clip":
                a[j] = min(max(a[j], -1), 1)
            elif boundary == "reflect":
                while not -1 <= a[j] <= 1:
                    a[j] = 2 - a[j] if a[j] > 1 else -2 - a[j]
                    p[j] = -p[j]
        p = p - epsilon / 2 * force(a)
        if odds is not None:
            p = p * sigmoid(odds[k])
    return np.clip(squash(a), -1, 1)


@pytest.mark.parametrize("boundary", ["clip", "reflect", "latent", "none"])
@pytest.mark.parametrize(
    "settings",
    [
        {}, {"tempering": "learned"}, {"mass": "consistent"}, {"layer_norm": True, "training_policy": "conventional"},
        {"layer_norm": True, "constraint": "lagrangian", "lambda": 0.7},
    ],
    ids=["plain", "tempering", "mass", "conventional, LayerNorm", "cost, LayerNorm"],
)  # fmt: skip
def test_the_leapfrog_is_the_formulas_written_out(boundary: str, settings: dict, tmp_path: pathlib.Path) -> None:
    path = make_networks(tmp_path / "networks.h5", boundary=boundary, **settings)
    policy = hpo.Policy(path)
    states = np.random.default_rng(5).standard_normal((12, 5)).astype(np.float32)
    expected = np.array([naive_action(path, state.astype(float)) for state in states])
    actual = policy.action(states)
    # A difference quotient across a ReLU's kink is off by itself: it may spoil a state, not the rule.
    off = np.abs(actual - expected).max(axis=1)
    assert np.median(off) < 1e-5 and (off < 1e-4).sum() >= 10


@pytest.mark.parametrize("layer_norm", [False, True])
def test_a_critics_action_gradient_meets_central_differences(layer_norm: bool, tmp_path: pathlib.Path) -> None:
    path = make_networks(tmp_path / "networks.h5", layer_norm=layer_norm)
    with h5py.File(path) as file:
        critic = Critic(Perceptron.read(file["networks/critic1"]), 5)
    generator = np.random.default_rng(2)
    states, actions = generator.standard_normal((40, 5)), generator.uniform(-1, 1, (40, 3))
    values, gradient = critic(states, actions)
    for j, e in enumerate(np.eye(3) * 1e-6):
        difference = (critic(states, actions + e)[0] - critic(states, actions - e)[0]) / 2e-6
        np.testing.assert_allclose(gradient[:, j], difference, atol=1e-7)
    assert values.shape == (40,)


def test_mass_tempering_and_walls_change_actions(tmp_path: pathlib.Path) -> None:
    states = np.random.default_rng(1).standard_normal((20, 5))
    variants = [{}, {"mass": "consistent"}, {"tempering": "learned"}, {"boundary": "reflect"}, {"boundary": "latent"}, {"boundary": "none"}]
    actions = [hpo.Policy(make_networks(tmp_path / f"{i}.h5", **settings)).action(states) for i, settings in enumerate(variants)]
    for i, one in enumerate(actions):
        for other in actions[i + 1 :]:
            assert np.abs(one - other).max() > 1e-3


def test_td3_acts_by_the_tanh_of_its_networks_output(tmp_path: pathlib.Path) -> None:
    path = make_networks(tmp_path / "networks.h5", algorithm="td3")
    policy = hpo.Policy(path)
    states = np.random.default_rng(1).standard_normal((4, 5)).astype(np.float32)
    with h5py.File(path) as file:
        layers = [{key: data[:].astype(float) for key, data in file[f"networks/policy/{i}"].items()} for i in (0, 1)]
    hidden = np.maximum(states @ layers[0]["weight"].T + layers[0]["bias"], 0)
    np.testing.assert_allclose(policy.action(states), np.tanh(hidden @ layers[1]["weight"].T + layers[1]["bias"]), atol=1e-6)


@pytest.mark.parametrize("algorithm", ["oac", "sac-noise"])
def test_agents_that_only_explore_otherwise_act_by_their_mean(algorithm: str, tmp_path: pathlib.Path) -> None:
    kind = {"oac": "optimistic", "sac-noise": "noisy"}[algorithm]
    policy = hpo.Policy(
        make_networks(tmp_path / "networks.h5", algorithm=algorithm, exploration_policy=kind, training_policy="gaussian")
    )
    states = np.random.default_rng(1).standard_normal((4, 5)).astype(np.float32)
    mean, _ = policy.base_distribution(states.astype(float))
    np.testing.assert_allclose(policy.action(states), np.tanh(mean), atol=1e-6)


def test_iterative_policys_gradients_meet_differences_of_its_objective(tmp_path: pathlib.Path) -> None:
    policy = hpo.Policy(make_networks(tmp_path / "networks.h5", algorithm="iapo", iterations=3))
    states = np.random.default_rng(3).standard_normal((1, 5))
    noise = policy.iteration_noise[0]
    mean, log_std = np.array([[0.3, -0.2, 0.1]]), np.array([[-0.7, -1.0, -0.4]])

    def objective(mean: np.ndarray, log_std: np.ndarray) -> float:
        """V̂: the mean over samples of Q_β − α(log π + d log 2)."""
        total = 0.0
        for xi in noise:
            u = mean + np.exp(log_std) * xi
            a = np.tanh(u)
            (q1, _), (q2, _) = (critic(states, a) for critic in policy.critics)
            q = (q1 + q2) / 2 - policy.acting_pessimism * np.abs(q1 - q2) / np.sqrt(2)
            log_pi = (-(xi**2) / 2 - log_std - np.log(2 * np.pi) / 2 - np.log(1 - a**2)).sum()
            total += float(q[0]) - policy.alpha * (log_pi + 3 * np.log(2))
        return total / len(noise)

    by_mean, by_log_std = policy._objective_gradients(states, mean, log_std, noise)
    for j, e in enumerate(np.eye(3)[:, None] * 1e-6):
        assert by_mean[0, j] == pytest.approx(-(objective(mean + e, log_std) - objective(mean - e, log_std)) / 2e-6, abs=1e-6)
        assert by_log_std[0, j] == pytest.approx(-(objective(mean, log_std + e) - objective(mean, log_std - e)) / 2e-6, abs=1e-6)
    # And it improves: the policy it ends with is another for every state.
    assert np.ptp(policy.action(np.random.default_rng(1).standard_normal((5, 5))), axis=0).min() > 1e-4


def test_more_candidates_reach_higher_values_and_the_first_is_the_noiseless_one(tmp_path: pathlib.Path) -> None:
    states = np.random.default_rng(1).standard_normal((50, 5))
    one, many = (hpo.Policy(make_networks(tmp_path / f"{n}.h5", candidates=n)) for n in (1, 16))
    values = [one.targets(states, policy.action(states).astype(float))[0] for policy in (one, many)]
    assert (values[1] >= values[0] - 1e-6).all() and (values[1] > values[0] + 1e-3).any()


# Using it


def test_actions_come_in_the_environments_own_units(tmp_path: pathlib.Path) -> None:
    policy, expected = recorded("latent")
    action, state = policy.predict(expected["observations"][0])
    assert state is None and action.shape == (17,) and action.dtype == np.float32
    np.testing.assert_array_equal(action, policy.action(expected["observations"][:1])[0] * np.float32(0.4))
    path = make_networks(tmp_path / "networks.h5", action_low=[-1.0, 0.0, -2.0], action_high=[1.0, 3.0, 2.0])
    policy = hpo.Policy(path)
    inner = policy.action(np.zeros((1, 5)))
    outer, _ = policy.predict(np.zeros((1, 5)))
    np.testing.assert_allclose(outer, [[inner[0, 0], 1.5 * (inner[0, 1] + 1), 2 * inner[0, 2]]], atol=1e-6)


def test_stochastic_actions_follow_the_seed_and_spread_by_the_policys_own_deviation() -> None:
    path = FIXTURES / "policies" / "sac.h5"
    observation = np.zeros((2000, 11))
    draws = [hpo.Policy(path, seed=seed).action(observation, deterministic=False) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).mean() > 0.9
    policy = hpo.Policy(path)
    mean, std = policy.base_distribution(observation[:1])
    u = np.arctanh(np.clip(draws[0].astype(float), -1 + 1e-7, 1 - 1e-7))
    np.testing.assert_allclose(u.std(axis=0), std[0], rtol=0.1)
    np.testing.assert_allclose(u.mean(axis=0), mean[0], atol=4 * std.max() / np.sqrt(2000))


def test_the_last_checkpoint_the_best_and_snapshots_are_found_in_a_run(mini: pathlib.Path) -> None:
    run = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    assert hpo.Policy(run).file.name == "checkpoint.h5"
    assert hpo.Policy(run, best=True).file.name == "best.h5"
    (run / "snapshots").mkdir()
    for step in (100, 200):
        shutil.copy(run / "best.h5", run / "snapshots" / f"step-{step}.h5")
    assert hpo.Policy(run, snapshot=200).file.name == "step-200.h5"
    with pytest.raises(hpo.UsageError, match="has no snapshot of step 300; it has 100, 200"):
        hpo.Policy(run, snapshot=300)
    (run / "checkpoint.h5").unlink()
    assert hpo.Policy(run).file.name == "best.h5"


def test_what_cannot_be_loaded_is_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(hpo.UsageError, match="there is no run"):
        hpo.Policy(tmp_path / "none")
    with pytest.raises(hpo.UsageError, match="holds no policy yet: no checkpoint.h5 and no best.h5"):
        hpo.Policy(tmp_path)
    (tmp_path / "best.h5").write_bytes(b"torn")
    with pytest.raises(hpo.HpoError, match="best.h5' holds no policy that can be read"):
        hpo.Policy(tmp_path)
    path = make_networks(tmp_path / "networks.h5", boundary="bounce")
    with pytest.raises(hpo.HpoError, match="a boundary 'bounce' is not known here"):
        hpo.Policy(path)
    path = make_networks(tmp_path / "nan.h5")
    with h5py.File(path, "r+") as file:
        file["networks/policy/0/bias"][0] = np.nan
    with pytest.raises(hpo.HpoError, match="policy/0/bias holds numbers that are not finite"):
        hpo.Policy(path)


def test_observations_of_another_size_are_refused() -> None:
    with pytest.raises(hpo.UsageError, match=r"Hopper-v2's policy takes 11 observations, not an array of shape \(17,\)"):
        hpo.Policy(HOPPER).predict(np.zeros(17))


def test_a_safe_runs_policy_knows_its_limit() -> None:
    policy = hpo.Policy(COSTS)
    assert policy.is_filtered and policy.cost_limit == 25 and policy.steps == 10
