"""One update of SAC, SAC-HPO, SAC-NF and their safe forms as the papers' formulas have it, every gradient by automatic differentiation.

Written from the formulas, not from the Swift sources, so that an agreement between the two means something. Nothing here is fast.

- Source: Haarnoja et al. 2018, arXiv:1801.01290; Mazoure et al. 2019, arXiv:1905.06893; Xu & Fekri 2021, arXiv:2103.12020, whose
  equation numbers are given.

`settings` are the attributes of a checkpoint's /networks, `networks` its weights: {name: [(weight, bias), …]}, weight [out, in]; `flow` is
[{center, log_alpha, b}, …], `policy_std` {log_std}.
Letters are the papers': s observations [B, n]; a actions in the box [-1, 1]^d; u actions before tanh; p momenta [B, d].
"""

import jax
import jax.numpy as jnp


# Networks

def linear(layer, x):
    weight, bias = layer
    return x @ weight.T + bias


def hidden_sums(layers, x):
    """The inputs of every hidden ReLU, layer by layer."""
    sums = []
    for layer in layers[:-1]:
        sums.append(linear(layer, x))
        x = jax.nn.relu(sums[-1])
    return sums


def perceptron(layers, x, activation):
    for layer in layers[:-1]:
        x = activation(linear(layer, x))
    return linear(layers[-1], x)


def q_value(critic, s, a):
    """Q(s, a), [B]."""
    return perceptron(critic, jnp.concatenate([s, a], axis=1), jax.nn.relu)[:, 0]


def surface(settings, networks, prefix=""):
    """What an action is to climb: min(Q₁, Q₂), less λ·Q_C for a safe agent."""
    q = minimum_of_twins(networks, prefix)
    if not is_safe(settings):
        return q
    return lambda s, a: q(s, a) - settings["lambda"] * q_value(networks[prefix + "cost_critic"], s, a)


def is_safe(settings):
    return settings["constraint"] != "none"


def minimum_of_twins(networks, prefix=""):
    return lambda s, a: jnp.minimum(
        q_value(networks[prefix + "critic1"], s, a), q_value(networks[prefix + "critic2"], s, a))


# The base policy

def gaussian(networks, s):
    """μ of π_θ(·|s) before tanh, and log σ before it is held within [-20, 2]."""
    output = perceptron(networks["policy"], s, jax.nn.relu)
    if "policy_std" in networks:
        return output, jnp.broadcast_to(networks["policy_std"]["log_std"], output.shape)
    return jnp.split(output, 2, axis=1)


def radial_flow(flow, z):
    """z′ of one row, [d]."""
    alpha = jnp.exp(flow["log_alpha"])
    beta = -alpha + jax.nn.softplus(flow["b"])
    away = z - flow["center"]
    return z + beta * away / (alpha + jnp.sqrt(jnp.sum(away ** 2)))


def through_flows(networks, z):
    """z after all flows, [B, d], and Σ log|det ∂z′/∂z|, [B], from the Jacobians themselves."""
    total = 0
    for flow in networks["flow"]:
        jacobians = jax.vmap(jax.jacfwd(lambda z: radial_flow(flow, z)))(z)
        total = total + jnp.linalg.slogdet(jacobians)[1]
        z = jax.vmap(lambda z: radial_flow(flow, z))(z)
    return z, total


def normal_log_density(noise, log_std):
    """Σ log N(u; μ, σ) at u = μ + σ ⊙ noise; (u − μ)/σ itself would lose all digits where σ is tiny."""
    return jnp.sum(-0.5 * noise ** 2 - log_std - 0.5 * jnp.log(2 * jnp.pi), axis=1)


def tanh_log_jacobian(u):
    """Σ log(1 − tanh²u) = −2 Σ log cosh u."""
    return -2 * jnp.sum(jnp.logaddexp(u, -u) - jnp.log(2.0), axis=1)


# The leapfrog operators, eq. 9 and 13

def fold_at_walls(a, p, boundary):
    """Brings an action that left the box back, by the setting `boundary`."""
    if boundary == "clip":
        return jnp.clip(a, -1, 1), p
    if boundary == "reflect":
        y = jnp.mod(a + 1, 4)
        beyond = y > 2
        return jnp.where(beyond, 3 - y, y - 1), jnp.where(beyond, -p, p)
    return a, p


def uphill(settings, q, s, x):
    """∇Q per row, with respect to a, or to u where the dynamics are latent."""
    squash = jnp.tanh if settings["boundary"] == "latent" else lambda x: x
    return jax.grad(lambda x: jnp.sum(q(s, squash(x))))(x)


def normalised(v):
    """v / ‖v‖ per row; a row of zeros stays one."""
    square = jnp.sum(v * v, axis=1, keepdims=True)
    safe = jnp.where(square > 0, square, 1)
    return jnp.where(square > 0, v / jnp.sqrt(safe), 0)


def force(settings, networks, q, s, x, constant):
    """What the momentum loses per unit of time at x.

    - constant: whether ∇Q counts as a constant in the backward pass. By definition it does for the conventional leapfrog and in
      the latent space; within the box that ought to be no approximation, the critics being piecewise linear.
    """
    held = jax.lax.stop_gradient if constant else lambda x: x
    gradient = uphill(settings, q, s, x)
    if settings["training_policy"] == "conventional":
        return held(-gradient / settings["alpha"])
    g = held(-normalised(gradient))
    inputs = jnp.concatenate([s, x, g] if settings["leapfrog_state_input"] else [x, g], axis=1)
    transform = perceptron(networks["leapfrog_transform"], inputs, jax.nn.elu)
    gate = jax.nn.sigmoid(perceptron(networks["leapfrog_gate"], inputs, jax.nn.elu))
    return gate * g + (1 - gate) * transform


def leapfrog(settings, networks, q, s, x, p, constant=True):
    """K steps from (x, p).

    - Returns: the last (x, p), every x at which a force was taken, and every x before it was folded at the walls.
    """
    step = settings["leapfrog_step_size"]
    visited, unfolded = [x], []
    for _ in range(settings["leapfrog_steps"]):
        p = p - step / 2 * force(settings, networks, q, s, x, constant)
        x = x + step * p
        unfolded.append(x)
        x, p = fold_at_walls(x, p, settings["boundary"])
        visited.append(x)
        p = p - step / 2 * force(settings, networks, q, s, x, constant)
    return x, p, visited, unfolded


def is_evolved(settings):
    return settings["training_policy"] in ("proposed", "conventional")


def hamiltonian_critic(settings, networks):
    return surface(settings, networks, "target_" if settings["hamiltonian_critic"] == "target" else "")


def act(settings, networks, s, policy_noise, momentum_noise, constant=True):
    """One action per row by the training policy, with all that its losses need."""
    mean, log_std = gaussian(networks, s)
    log_std = jnp.clip(log_std, -20, 2)
    u = mean + jnp.exp(log_std) * policy_noise
    log_normal = normal_log_density(policy_noise, log_std)
    if settings["training_policy"] == "flow":
        u, log_determinant = through_flows(networks, u)
        log_normal = log_normal - log_determinant
    base = jnp.tanh(u)
    if not is_evolved(settings):
        return dict(base=base, action=base, log_prob=log_normal - tanh_log_jacobian(u), visited=[base], unfolded=[])
    p0 = settings["momentum_std_training"] * momentum_noise
    if settings["momentum"] == "zero":
        p0 = jnp.zeros_like(p0)
    q = hamiltonian_critic(settings, networks)
    if settings["boundary"] == "latent":
        x, p, visited, unfolded = leapfrog(settings, networks, q, s, u, p0, constant)
        return dict(base=base, action=jnp.tanh(x), log_prob=log_normal - tanh_log_jacobian(x), p0=p0, p=p,
                    visited=[jnp.tanh(x) for x in visited], unfolded=[])
    x, p, visited, unfolded = leapfrog(settings, networks, q, s, base, p0, constant)
    return dict(base=base, action=x, log_prob=log_normal - tanh_log_jacobian(u), p0=p0, p=p, visited=visited, unfolded=unfolded)


# Losses

def momentum_weight(settings):
    """αβ/2, with the training deviation 1/√β."""
    return settings["alpha"] / (2 * settings["momentum_std_training"] ** 2)


def target_value(settings, networks, batch, following):
    """y: the reward and what is to come, [B]."""
    soft = minimum_of_twins(networks, "target_")(batch["next_observations"], following["action"])
    soft = soft - settings["alpha"] * following["log_prob"]
    if is_evolved(settings) and settings["momentum_in_value"]:
        change = jnp.sum(following["p"] ** 2, axis=1) - jnp.sum(following["p0"] ** 2, axis=1)
        soft = soft - momentum_weight(settings) * change
    return batch["rewards"] + settings["gamma"] * (1 - batch["terminals"]) * soft


def cost_target_value(settings, networks, batch, following):
    """y_C: the cost and what is to come, [B]; costs have no entropy."""
    to_come = q_value(networks["target_cost_critic"], batch["next_observations"], following["action"])
    return batch["costs"] + settings["gamma"] * (1 - batch["terminals"]) * to_come


def critic_loss(critic, batch, y):
    return jnp.mean((q_value(critic, batch["observations"], batch["actions"]) - y) ** 2)


def policy_loss(trained, settings, networks, batch, constant=True):
    """−J, eq. 12, as a function of the trained networks; the critics in `networks` stay as they are."""
    s = batch["observations"]
    act_now = act(settings, {**networks, **trained}, s, batch["policy_noise"], batch["momentum_noise"], constant)
    if is_evolved(settings):
        objective = hamiltonian_critic(settings, networks)(s, act_now["action"]) - settings["alpha"] * act_now["log_prob"]
        objective = objective - momentum_weight(settings) * jnp.sum(act_now["p"] ** 2, axis=1)
    else:
        objective = surface(settings, networks)(s, act_now["action"]) - settings["alpha"] * act_now["log_prob"]
    return -jnp.mean(objective)


def trained_by_policy_loss(settings):
    own = {"proposed": ["leapfrog_transform", "leapfrog_gate"], "flow": ["flow"]}.get(settings["training_policy"], [])
    return ["policy"] + (["policy_std"] if settings["training_policy"] == "flow" and settings["flow_std"] == "shared" else []) + own


def probe(settings, networks, batch):
    """Everything that `hpo probe` writes, under the same names, and `gradients/<network>/<layer>/{weight,bias}`."""
    evolved = is_evolved(settings)
    following = act(settings, networks, batch["next_observations"], batch["next_policy_noise"], batch["next_momentum_noise"])
    y = target_value(settings, networks, batch, following)
    now = act(settings, networks, batch["observations"], batch["policy_noise"], batch["momentum_noise"])
    trained = {name: networks[name] for name in trained_by_policy_loss(settings)}
    loss, gradients = jax.value_and_grad(policy_loss)(trained, settings, networks, batch)

    result = dict(next_action=following["action"], next_log_prob=following["log_prob"], target_value=y,
                  base_action=now["base"], log_prob=now["log_prob"], policy_loss=loss)
    if evolved:
        result |= dict(next_momentum=following["p"], evolved_action=now["action"], momentum=now["p"])
    for name in ("critic1", "critic2"):
        result[name + "_loss"], gradients[name] = jax.value_and_grad(critic_loss)(networks[name], batch, y)
    if is_safe(settings):
        y = result["cost_target_value"] = cost_target_value(settings, networks, batch, following)
        result["cost_critic_loss"], gradients["cost_critic"] = jax.value_and_grad(critic_loss)(networks["cost_critic"], batch, y)
    return result | flat(gradients)


def flat(gradients):
    result = {}

    def visit(path, value):
        if isinstance(value, dict):
            for name, part in value.items():
                visit(f"{path}/{name}", part)
        elif isinstance(value, list):
            for index, part in enumerate(value):
                visit(f"{path}/{index}", part)
        elif isinstance(value, tuple):
            visit(path, dict(zip(("weight", "bias"), value)))
        else:
            result[path] = value

    visit("gradients", gradients)
    return result


# Kinks

def margins(settings, networks, batch):
    """How far each row is from the nearest kink of any function above, [B].

    A kink is a ReLU's zero, Q₁ = Q₂, a wall of the box, or a limit of log σ: within rounding of one, a computation in Float may
    take the other side. Sums are measured in the mean magnitude of their layer, log σ and actions in their own units.
    """
    nearest = []

    def relu(layers, x):
        for sums in hidden_sums(layers, x):
            nearest.append(jnp.min(jnp.abs(sums), axis=1) / jnp.mean(jnp.abs(sums)))

    def critics(prefix, s, a):
        sa = jnp.concatenate([s, a], axis=1)
        pair = [networks[f"{prefix}critic{i}"] for i in (1, 2)]
        for critic in pair:
            relu(critic, sa)
        first, second = (q_value(critic, s, a) for critic in pair)
        nearest.append(jnp.abs(first - second) / jnp.mean(jnp.abs(first)))
        if is_safe(settings):
            relu(networks[f"{prefix}cost_critic"], sa)

    critics("", batch["observations"], batch["actions"])
    for prefix in ("", "next_"):
        s = batch[prefix + "observations"]
        relu(networks["policy"], s)
        _, log_std = gaussian(networks, s)
        nearest.append(jnp.min(jnp.minimum(jnp.abs(log_std + 20), jnp.abs(log_std - 2)), axis=1))
        path = act(settings, networks, s, batch[prefix + "policy_noise"], batch[prefix + "momentum_noise"])
        for x in path["unfolded"]:
            nearest.append(jnp.min(jnp.abs(jnp.mod(x, 2) - 1), axis=1))
        for a in path["visited"]:
            critics("target_", s, a)
            critics("", s, a)
    return jnp.min(jnp.stack(nearest), axis=0)
