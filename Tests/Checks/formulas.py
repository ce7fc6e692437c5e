"""One update of SAC, SAC-HPO, SAC-NF and their safe forms as the papers' formulas have it, every gradient by automatic differentiation;
and what their exploration makes of given noise. The other agents are in iapo.py and td3.py.

Written from the formulas, not from the Swift sources, so that an agreement between the two means something. Nothing here is fast.

- Source: Haarnoja et al. 2018, arXiv:1801.01290; Mazoure et al. 2019, arXiv:1905.06893; Xu & Fekri 2021, arXiv:2103.12020, whose
  equation numbers are given.

`settings` are the attributes of a checkpoint's /networks, `networks` its weights: {name: [(weight, bias), …]}, weight [out, in], with
(weight, bias, scale, shift) where a layer is normalised; `flow` is [{center, log_alpha, b}, …], `policy_std` {log_std}, `tempering` {log_odds}.
Letters are the papers': s observations [B, n]; a actions in the box [-1, 1]^d; u actions before tanh; p momenta [B, d].
"""

import jax
import jax.numpy as jnp


# Networks

def linear(layer, x):
    """x Wᵀ + b; normalised over its units where the layer has a scale and a shift (Ba et al. 2016, arXiv:1607.06450)."""
    weight, bias, *normalisation = layer
    y = x @ weight.T + bias
    if not normalisation:
        return y
    scale, shift = normalisation
    mean = jnp.mean(y, axis=-1, keepdims=True)
    variance = jnp.mean((y - mean) ** 2, axis=-1, keepdims=True)
    return (y - mean) / jnp.sqrt(variance + 1e-5) * scale + shift


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


class Phase:
    """Training, or exploration: what kind of leapfrog, how wide its momentum, and how much stronger or weaker its force is."""

    def __init__(self, settings, name):
        self.kind = settings[name + "_policy"]
        training = settings["momentum_std_training"]
        self.deviation = training if name == "training" else settings["momentum_std_exploration"]
        self.strength = 1
        if settings.get("mass", "unit") == "consistent":
            self.strength = self.deviation ** 2  # 1/β
        if name == "exploration":
            gain = settings.get("exploration_gain", 1)
            self.strength *= (self.deviation / training) ** 2 if gain == "matched" else float(gain)

    @property
    def evolves(self):
        return self.kind in ("proposed", "conventional")


def force(settings, networks, phase, q, s, x, constant):
    """What the momentum loses per unit of time at x.

    - constant: whether ∇Q counts as a constant in the backward pass. By definition it does for the conventional leapfrog, in the
      latent space and where critics are normalised; within the box that ought to be no approximation, ReLU critics being piecewise
      linear.
    """
    held = jax.lax.stop_gradient if constant else lambda x: x
    gradient = uphill(settings, q, s, x)
    if phase.kind == "conventional":
        return phase.strength * held(-gradient / settings["alpha"])
    g = held(-normalised(gradient))
    inputs = jnp.concatenate([s, x, g] if settings["leapfrog_state_input"] else [x, g], axis=1)
    transform = perceptron(networks["leapfrog_transform"], inputs, jax.nn.elu)
    gate = jax.nn.sigmoid(perceptron(networks["leapfrog_gate"], inputs, jax.nn.elu))
    return phase.strength * (gate * g + (1 - gate) * transform)


def temper(networks, phase):
    """τ_k of each step, by which the momentum is multiplied after it; none where there is no tempering."""
    if "tempering" not in networks or phase.kind != "proposed":
        return None
    return jax.nn.sigmoid(networks["tempering"]["log_odds"])


def leapfrog(settings, networks, phase, q, s, x, p, constant=True):
    """K steps from (x, p).

    - Returns: the last (x, p), the flow's log|det|, every x at which a force was taken, and every x before it was folded at the walls.
    """
    step = settings["leapfrog_step_size"]
    tau = temper(networks, phase)
    visited, unfolded, log_determinant = [x], [], 0.0
    for k in range(settings["leapfrog_steps"]):
        p = p - step / 2 * force(settings, networks, phase, q, s, x, constant)
        x = x + step * p
        unfolded.append(x)
        x, p = fold_at_walls(x, p, settings["boundary"])
        visited.append(x)
        p = p - step / 2 * force(settings, networks, phase, q, s, x, constant)
        if tau is not None:
            p = tau[k] * p
            log_determinant = log_determinant + x.shape[1] * jnp.log(tau[k])
    return x, p, log_determinant, visited, unfolded


def is_evolved(settings):
    return settings["training_policy"] in ("proposed", "conventional")


def hamiltonian_critic(settings, networks):
    return surface(settings, networks, "target_" if settings["hamiltonian_critic"] == "target" else "")


def act(settings, networks, s, policy_noise, momentum_noise, constant=True, phase=None):
    """One action per row by the training policy, or that of another phase, with all that its losses need."""
    phase = phase or Phase(settings, "training")
    mean, log_std = gaussian(networks, s)
    log_std = jnp.clip(log_std, -20, 2)
    u = mean + jnp.exp(log_std) * policy_noise
    log_normal = normal_log_density(policy_noise, log_std)
    if phase.kind == "flow":
        u, log_determinant = through_flows(networks, u)
        log_normal = log_normal - log_determinant
    base = jnp.tanh(u)
    if not phase.evolves:
        return dict(base=base, action=base, log_prob=log_normal - tanh_log_jacobian(u), visited=[base], unfolded=[])
    p0 = phase.deviation * momentum_noise
    if settings["momentum"] == "zero":
        p0 = jnp.zeros_like(p0)
    q = hamiltonian_critic(settings, networks)
    latent = settings["boundary"] == "latent"
    x, p, log_determinant, visited, unfolded = leapfrog(settings, networks, phase, q, s, u if latent else base, p0, constant)
    squash = jnp.tanh if latent else lambda x: x
    return dict(base=base, action=squash(x), log_prob=log_normal - tanh_log_jacobian(x if latent else u) - log_determinant, p0=p0, p=p,
                visited=[squash(x) for x in visited], unfolded=[] if latent else unfolded)


# Exploration

def optimistic_shift(settings, networks, s):
    """Δ of Ciosek et al. 2019, arXiv:1910.12807, [B, d]: the mean moves up an upper bound of Q as far as a KL divergence allows."""
    mean, log_std = gaussian(networks, s)
    std = jnp.exp(jnp.clip(log_std, -20, 2))

    def upper_bound(mean):
        first, second = (q_value(networks[name], s, jnp.tanh(mean)) for name in ("critic1", "critic2"))
        return jnp.sum((first + second) / 2 + settings["optimism"] * jnp.abs(first - second) / 2)

    g = jax.grad(upper_bound)(mean)
    norm = jnp.sqrt(jnp.sum((std * g) ** 2, axis=1, keepdims=True))
    return jnp.sqrt(2 * settings["exploration_kl"]) * std ** 2 * g / (norm + 1e-5)


def explore(settings, networks, s, policy_noise, momentum_noise):
    """The action that exploration makes of given noise where it takes one candidate and no filter, as it is applied: within the box."""
    kind = settings["exploration_policy"]
    if kind == "optimistic":
        mean, log_std = gaussian(networks, s)
        std = jnp.exp(jnp.clip(log_std, -20, 2))
        return jnp.tanh(mean + optimistic_shift(settings, networks, s) + std * policy_noise)
    phase = Phase(settings, "exploration")
    action = act(settings, networks, s, policy_noise, momentum_noise, phase=phase)["action"]
    if kind == "noisy":
        action = action + settings["leapfrog_steps"] * settings["leapfrog_step_size"] * phase.deviation * momentum_noise
    return jnp.clip(action, -1, 1)


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
    """y_C: the cost and what is to come, [B]; costs have no entropy.

    Where the constraint is on an average, a terminal state goes on at the limit for ever.
    """
    to_come = q_value(networks["target_cost_critic"], batch["next_observations"], following["action"])
    beyond = settings["cost_limit"] if settings["cost_kind"] == "average" else 0
    return batch["costs"] + settings["gamma"] * jnp.where(batch["terminals"] == 1, beyond, to_come)


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
    if is_safe(settings) and settings["multiplier_normalizes"]:
        objective = objective / (1 + settings["lambda"])
    return -jnp.mean(objective)


def trained_by_policy_loss(settings):
    own = {"proposed": ["leapfrog_transform", "leapfrog_gate"], "flow": ["flow"]}.get(settings["training_policy"], [])
    if settings.get("tempering", "none") == "learned":
        own = own + ["tempering"]
    return ["policy"] + (["policy_std"] if settings["training_policy"] == "flow" and settings["flow_std"] == "shared" else []) + own


def holds_gradient_by_definition(settings):
    """Whether ∇Q counts as a constant although it is not one."""
    return settings["boundary"] == "latent" or settings.get("critic_normalization", "none") != "none"


def noise_shapes(settings, rows):
    """The noise that a batch holds, standard normal."""
    names = ["policy_noise", "momentum_noise", "next_policy_noise", "next_momentum_noise", "exploration_noise", "exploration_momentum_noise"]
    return {name: (rows, settings["action_size"]) for name in names}


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
    s, noise = batch["observations"], batch["exploration_noise"]
    if settings["exploration_policy"] == "optimistic":
        result["exploration_shift"] = optimistic_shift(settings, networks, s)
    if settings["constraint"] != "lyapunov":  # Algorithm 3 draws as often as it must
        result["exploration_action"] = explore(settings, networks, s, noise, batch["exploration_momentum_noise"])
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
            visit(path, dict(zip(("weight", "bias", "scale", "shift"), value)))
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
    s = batch["observations"]
    if settings["exploration_policy"] == "optimistic":
        critics("", s, jnp.tanh(gaussian(networks, s)[0]))
    phase = Phase(settings, "exploration")
    path = act(settings, networks, s, batch["exploration_noise"], batch["exploration_momentum_noise"], phase=phase)
    for a in path["visited"] if phase.evolves else []:
        critics("target_" if settings["hamiltonian_critic"] == "target" else "", s, a)
    return jnp.min(jnp.stack(nearest), axis=0)
