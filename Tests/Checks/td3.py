"""One update of the twin delayed deterministic policy gradient as its formulas have it; see formulas.py.

- Source: Fujimoto et al. 2018, arXiv:1802.09477.
"""

import jax
import jax.numpy as jnp

from formulas import critic_loss, flat, hidden_sums, minimum_of_twins, perceptron, q_value


def noise_shapes(settings, rows):
    return {"next_policy_noise": (rows, settings["action_size"])}


def action(policy, s):
    return jnp.tanh(perceptron(policy, s, jax.nn.relu))


def smoothed_target_action(settings, networks, batch):
    """a′: the target policy's action with clipped noise, cut to the box."""
    limit = settings["target_noise_clip"]
    noise = jnp.clip(settings["target_noise"] * batch["next_policy_noise"], -limit, limit)
    return jnp.clip(action(networks["target_policy"], batch["next_observations"]) + noise, -1, 1)


def trained_by_policy_loss(settings):
    return ["policy"]


def policy_loss(trained, settings, networks, batch):
    s = batch["observations"]
    return -jnp.mean(q_value(networks["critic1"], s, action(trained["policy"], s)))


def probe(settings, networks, batch):
    following = smoothed_target_action(settings, networks, batch)
    to_come = minimum_of_twins(networks, "target_")(batch["next_observations"], following)
    y = batch["rewards"] + settings["gamma"] * (1 - batch["terminals"]) * to_come
    loss, gradients = jax.value_and_grad(policy_loss)({"policy": networks["policy"]}, settings, networks, batch)
    result = dict(next_action=following, target_value=y, policy_loss=loss)
    for name in ("critic1", "critic2"):
        result[name + "_loss"], gradients[name] = jax.value_and_grad(critic_loss)(networks[name], batch, y)
    return result | flat(gradients)


def margins(settings, networks, batch):
    """How far each row is from the nearest kink; see formulas.margins."""
    nearest = []

    def relu(layers, x):
        for sums in hidden_sums(layers, x):
            nearest.append(jnp.min(jnp.abs(sums), axis=1) / jnp.mean(jnp.abs(sums)))

    s, following = batch["observations"], batch["next_observations"]
    relu(networks["policy"], s)
    relu(networks["target_policy"], following)
    raw = settings["target_noise"] * batch["next_policy_noise"]
    nearest.append(jnp.min(jnp.abs(jnp.abs(raw) - settings["target_noise_clip"]), axis=1))
    limit = settings["target_noise_clip"]
    uncut = action(networks["target_policy"], following) + jnp.clip(raw, -limit, limit)
    nearest.append(jnp.min(jnp.abs(jnp.abs(uncut) - 1), axis=1))
    next_pair = jnp.concatenate([following, smoothed_target_action(settings, networks, batch)], axis=1)
    for name in ("critic1", "critic2"):
        relu(networks[name], jnp.concatenate([s, batch["actions"]], axis=1))
        relu(networks["target_" + name], next_pair)
    relu(networks["critic1"], jnp.concatenate([s, action(networks["policy"], s)], axis=1))
    first, second = (q_value(networks[f"target_critic{i}"], next_pair[:, :s.shape[1]], next_pair[:, s.shape[1]:]) for i in (1, 2))
    nearest.append(jnp.abs(first - second) / jnp.mean(jnp.abs(first)))
    return jnp.min(jnp.stack(nearest), axis=0)
