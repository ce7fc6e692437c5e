"""SAC as one jitted JAX program: acting, storing, sampling and updating under `lax.scan`, with nothing of Python between steps.

What XLA makes of the whole loop is the most that a framework on top of it can reach. There is no simulator in it: the environment is a
fixed linear system, whose cost is nothing beside an update's, so the figure is to be held against an update and what is around it.

python jax_sac.py OBSERVATIONS ACTIONS STEPS THREADS  prints steps per second.
"""

import os
import sys
import time

OBSERVATIONS, ACTIONS, STEPS, THREADS = (int(word) for word in sys.argv[1:5])
# Before JAX is loaded: XLA makes as many threads as there are processors to run on.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])

import jax
import jax.numpy as jnp
import optax

BATCH, HIDDEN, CAPACITY = 256, 256, 100_000
GAMMA, TAU, ALPHA, LEARNING_RATE = 0.99, 0.005, 0.2, 3e-4
LOG_STD_MIN, LOG_STD_MAX = -20.0, 2.0
REPETITIONS = 5


def perceptron(key, sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        key, weight, bias = jax.random.split(key, 3)
        bound = inputs**-0.5
        layers.append((
            jax.random.uniform(weight, (inputs, outputs), minval=-bound, maxval=bound),
            jax.random.uniform(bias, (outputs,), minval=-bound, maxval=bound),
        ))
    return layers


def forward(layers, x):
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def sample(policy, observations, key):
    """Actions and their log-probabilities."""
    mean, log_std = jnp.split(forward(policy, observations), 2, axis=-1)
    log_std = jnp.clip(log_std, LOG_STD_MIN, LOG_STD_MAX)
    noise = jax.random.normal(key, mean.shape)
    u = mean + jnp.exp(log_std) * noise
    log_probability = jnp.sum(-0.5 * noise**2 - log_std - 0.5 * jnp.log(2 * jnp.pi), axis=-1)
    log_probability -= jnp.sum(2 * (jnp.log(2.0) - u - jax.nn.softplus(-2 * u)), axis=-1)
    return jnp.tanh(u), log_probability


def value(critic, observations, actions):
    return forward(critic, jnp.concatenate([observations, actions], axis=-1))[:, 0]


optimizer = optax.adam(LEARNING_RATE)


def update(agent, batch, key):
    policy, critics, targets, policy_state, critics_state = agent
    observations, actions, rewards, next_observations = batch
    key_next, key_now = jax.random.split(key)

    next_actions, next_log_probability = sample(policy, next_observations, key_next)
    future = jnp.minimum(*(value(target, next_observations, next_actions) for target in targets))
    y = jax.lax.stop_gradient(rewards + GAMMA * (future - ALPHA * next_log_probability))

    def critics_loss(critics):
        return sum(jnp.mean((value(critic, observations, actions) - y) ** 2) for critic in critics)

    step, critics_state = optimizer.update(jax.grad(critics_loss)(critics), critics_state)
    critics = optax.apply_updates(critics, step)

    def policy_loss(policy):
        chosen, log_probability = sample(policy, observations, key_now)
        return jnp.mean(ALPHA * log_probability - jnp.minimum(*(value(critic, observations, chosen) for critic in critics)))

    step, policy_state = optimizer.update(jax.grad(policy_loss)(policy), policy_state)
    policy = optax.apply_updates(policy, step)
    targets = jax.tree.map(lambda target, online: target + TAU * (online - target), targets, critics)
    return policy, critics, targets, policy_state, critics_state


def loop_step(carry, index):
    agent, replay, observation, dynamics, key = carry
    key, key_act, key_sample, key_update = jax.random.split(key, 4)
    action = sample(agent[0], observation[None], key_act)[0][0]
    following = jnp.tanh(observation @ dynamics[:OBSERVATIONS] + action @ dynamics[OBSERVATIONS:])
    slot = index % CAPACITY
    row = (observation, action, following[0], following)
    replay = tuple(column.at[slot].set(entry) for column, entry in zip(replay, row))
    rows = jax.random.randint(key_sample, (BATCH,), 0, CAPACITY)
    agent = update(agent, tuple(column[rows] for column in replay), key_update)
    return (agent, replay, following, dynamics, key), None


@jax.jit
def run(carry, first):
    return jax.lax.scan(loop_step, carry, first + jnp.arange(STEPS))[0]


def main():
    keys = jax.random.split(jax.random.PRNGKey(0), 8)
    policy = perceptron(keys[0], [OBSERVATIONS, HIDDEN, HIDDEN, 2 * ACTIONS])
    critics = tuple(perceptron(key, [OBSERVATIONS + ACTIONS, HIDDEN, HIDDEN, 1]) for key in keys[1:3])
    agent = (policy, critics, critics, optimizer.init(policy), optimizer.init(critics))
    replay = (
        jax.random.normal(keys[3], (CAPACITY, OBSERVATIONS)), jax.random.uniform(keys[4], (CAPACITY, ACTIONS), minval=-1),
        jax.random.normal(keys[5], (CAPACITY,)), jax.random.normal(keys[6], (CAPACITY, OBSERVATIONS)),
    )
    dynamics = jax.random.normal(keys[7], (OBSERVATIONS + ACTIONS, OBSERVATIONS)) / (OBSERVATIONS + ACTIONS) ** 0.5
    carry = (agent, replay, jnp.zeros(OBSERVATIONS), dynamics, keys[0])
    carry = jax.block_until_ready(run(carry, 0))  # compiles
    times = []
    for repetition in range(REPETITIONS):
        start = time.perf_counter()
        carry = jax.block_until_ready(run(carry, (repetition + 1) * STEPS))
        times.append(time.perf_counter() - start)
    if not all(bool(jnp.isfinite(weight).all()) for weight in jax.tree.leaves(carry[0])):
        sys.exit("a parameter is not finite")
    print(STEPS / sorted(times)[REPETITIONS // 2])


if __name__ == "__main__":
    main()
