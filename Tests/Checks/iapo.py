"""One update of iterative amortised policy optimisation as its formulas have it; see formulas.py.

- Source: Marino et al. 2020, arXiv:2010.10670, with settings named as in the documentation.

The network `iterative` has the layers trunk 0 and 1, then the heads `mean`, `mean_gate`, `log_std`, `log_std_gate`. Letters: T iterations,
M action samples per state; μ, ℓ = log σ of the policy before tanh, [B, d].
"""

import jax
import jax.numpy as jnp

from formulas import critic_loss, flat, hidden_sums, linear, normal_log_density, q_value, tanh_log_jacobian

LOG_STD_BOUNDS = (-10, 0.5)


def noise_shapes(settings, rows):
    shape = (settings["iterations"] + 1, settings["action_samples"], rows, settings["action_size"])
    return {"iteration_noise": shape, "next_iteration_noise": shape}


def pessimistic_q(settings, networks, s, a):
    """The twins' mean less `pessimism` of their standard deviation (with one degree of freedom), by the target critics, [B]."""
    twins = jnp.stack([q_value(networks["target_critic1"], s, a), q_value(networks["target_critic2"], s, a)])
    spread = jnp.abs(twins[0] - twins[1]) / jnp.sqrt(2)
    return jnp.mean(twins, axis=0) - settings["pessimism"] * spread


def values(settings, networks, s, mean, log_std, noise):
    """V̂ per state, [B]; and each sample's action [M, B, d] and log π [M, B]."""
    u = mean + jnp.exp(log_std) * noise
    log_prob = jax.vmap(lambda u, xi: normal_log_density(xi, log_std) - tanh_log_jacobian(u))(u, noise)
    action = jnp.tanh(u)
    q = jax.vmap(lambda a: pessimistic_q(settings, networks, s, a))(action)
    uniform = settings["action_size"] * jnp.log(2.0)  # the entropy of a uniform draw from the box
    return jnp.mean(q - settings["alpha"] * (log_prob + uniform), axis=0), action, log_prob


def standardised(z):
    """Each row less its mean, over its standard deviation; a row of equal numbers becomes zeros."""
    if z.shape[1] == 1:
        return z
    centred = z - jnp.mean(z, axis=1, keepdims=True)
    deviation = jnp.sqrt(jnp.sum(centred ** 2, axis=1, keepdims=True) / (z.shape[1] - 1))
    equal = jnp.max(z, axis=1, keepdims=True) == jnp.min(z, axis=1, keepdims=True)
    return jnp.where(equal, 0, centred / (deviation + 1e-7))


def within_bounds(log_std):
    low, high = LOG_STD_BOUNDS
    log_std = high - jax.nn.softplus(high - log_std)
    return low + jax.nn.softplus(log_std - low)


def network_input(settings, networks, s, mean, log_std, noise):
    """x: the state, the policy so far, and which way V̂ falls, all standardised."""
    total = lambda mean, log_std: jnp.sum(values(settings, networks, s, mean, log_std, noise)[0])
    by_mean, by_log_std = jax.grad(total, argnums=(0, 1))(mean, log_std)
    return jnp.concatenate([s] + [standardised(z) for z in (mean, log_std, -by_mean, -by_log_std)], axis=1)


def improved(layers, x, mean, log_std):
    trunk, (to_mean, mean_gate, to_log_std, log_std_gate) = layers[:2], layers[2:]
    z = x
    for layer in trunk:
        z = jax.nn.relu(linear(layer, z))
    def moved(value, head, gate):
        keep = jax.nn.sigmoid(linear(gate, z))
        return keep * value + (1 - keep) * linear(head, z)
    return moved(mean, to_mean, mean_gate), within_bounds(moved(log_std, to_log_std, log_std_gate))


def iterate(settings, networks, s, noise):
    """(μ_t, ℓ_t) of t = 0…T, each differentiable through its own step only."""
    stop = jax.lax.stop_gradient
    shape = (s.shape[0], settings["action_size"])
    policies = [(jnp.zeros(shape, s.dtype), jnp.full(shape, jnp.log(0.5), s.dtype))]
    for t in range(settings["iterations"]):
        mean, log_std = map(stop, policies[-1])
        x = stop(network_input(settings, networks, s, mean, log_std, noise[t]))
        policies.append(improved(networks["iterative"], x, mean, log_std))
    return policies


def trained_by_policy_loss(settings):
    return ["iterative"]


def policy_loss(trained, settings, networks, batch):
    networks = {**networks, **trained}
    s, noise = batch["observations"], batch["iteration_noise"]
    policies = iterate(settings, networks, s, noise)
    return -jnp.mean(jnp.stack([values(settings, networks, s, *policies[t], noise[t])[0] for t in range(1, len(policies))]))


def probe(settings, networks, batch):
    s, following = batch["observations"], batch["next_observations"]
    last = settings["iterations"]
    noise = batch["next_iteration_noise"]
    policy = iterate(settings, networks, following, noise)[last]
    _, actions, log_probs = values(settings, networks, following, *policy, noise[last])
    action, log_prob = actions[0], log_probs[0]
    soft = pessimistic_q(settings, networks, following, action)
    soft = soft - settings["alpha"] * (log_prob + settings["action_size"] * jnp.log(2.0))
    y = batch["rewards"] + settings["gamma"] * (1 - batch["terminals"]) * soft

    policies = iterate(settings, networks, s, batch["iteration_noise"])
    objectives = [values(settings, networks, s, *policies[t], batch["iteration_noise"][t])[0] for t in range(1, last + 1)]
    loss, gradients = jax.value_and_grad(policy_loss)({"iterative": networks["iterative"]}, settings, networks, batch)
    result = dict(next_action=action, next_log_prob=log_prob, target_value=y, policy_loss=loss,
                  mean_t=jnp.stack([mean for mean, _ in policies]), log_std_t=jnp.stack([log_std for _, log_std in policies]),
                  objective_t=jnp.stack(objectives))
    for name in ("critic1", "critic2"):
        result[name + "_loss"], gradients[name] = jax.value_and_grad(critic_loss)(networks[name], batch, y)
    return result | flat(gradients)


def margins(settings, networks, batch):
    """How far each row is from the nearest kink; see formulas.margins."""
    nearest = []

    def relu(sums):
        nearest.append(jnp.min(jnp.abs(sums), axis=1) / jnp.mean(jnp.abs(sums)))

    def state_actions(names, s, a):
        sa = jnp.concatenate([s, a], axis=1)
        for name in names:
            for sums in hidden_sums(networks[name], sa):
                relu(sums)
        first, second = (q_value(networks[name], s, a) for name in names)
        nearest.append(jnp.abs(first - second) / jnp.mean(jnp.abs(first)))

    state_actions(("critic1", "critic2"), batch["observations"], batch["actions"])
    for prefix in ("", "next_"):
        s, noise = batch[prefix + "observations"], batch[prefix + "iteration_noise"]
        for t, (mean, log_std) in enumerate(iterate(settings, networks, s, noise)):
            for a in jnp.tanh(mean + jnp.exp(log_std) * noise[t]):
                state_actions(("target_critic1", "target_critic2"), s, a)
            x = network_input(settings, networks, s, mean, log_std, noise[t])
            for sums in hidden_sums(networks["iterative"][:3], x):
                relu(sums)
    return jnp.min(jnp.stack(nearest), axis=0)
