"""A policy as an ONNX graph: the whole evaluation policy, the leapfrog with its critics' gradients included, for any runtime."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .errors import HpoError, UsageError
from .files import UNREADABLE, open_read, replacing
from .networks import Critic, Layer, Perceptron
from .policy import Policy

#: Of the operators, and of the file's own layout that goes with it: old enough for every runtime in use.
OPSET, IR_VERSION = 17, 8
#: How far onnxruntime may be from ``hpo.Policy`` in units of half the action range: both round, the graph in float32.
TOLERANCE = 1e-4


class _Graph:
    """Nodes and constants in the order they are made; every method gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray | float | list[int], dtype: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(np.asarray(value, dtype)), name))
        return name

    def __call__(self, operator: str, *inputs: str | float | np.ndarray, **attributes: object) -> str:
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def affine(self, x: str, weight: np.ndarray, bias: np.ndarray | None = None) -> str:
        """x Wᵀ + b"""
        if bias is None:
            return self("MatMul", x, np.ascontiguousarray(weight.T))
        return self("Gemm", x, weight, bias, transB=1)


class _Field:
    """min(Q₁, Q₂) [− λ·Q_C] at given states: the gradient with respect to the action."""

    def __init__(self, graph: _Graph, observation: str, critics: list[Critic], cost: Critic | None, multiplier: float) -> None:
        self.graph, self.multiplier = graph, multiplier
        self.critics = [(critic, self._state_part(critic, observation)) for critic in critics]
        self.cost = (cost, self._state_part(cost, observation)) if cost else None

    def _state_part(self, critic: Critic, observation: str) -> str:
        """What the first layer makes of the state, once for every action."""
        first = critic.network.layers[0]
        return self.graph.affine(observation, first.weight[:, : critic.observation_size], first.bias)

    def gradient(self, action: str) -> str:
        g = self.graph
        (q1, g1), (q2, g2) = (self._evaluate(critic, part, action) for critic, part in self.critics)
        gradient = g("Where", g("LessOrEqual", q1, q2), g1, g2)
        if self.cost:
            _, by_cost = self._evaluate(*self.cost, action)
            gradient = g("Sub", gradient, g("Mul", by_cost, self.multiplier))
        return gradient

    def _evaluate(self, critic: Critic, state_part: str, action: str) -> tuple[str, str]:
        """Q [batch, 1] and ∇ₐQ [batch, d]."""
        g = self.graph
        layers = critic.network.layers
        action_weight = layers[0].weight[:, critic.observation_size :]
        kept: list[tuple[Layer, str, str | None, str | None]] = []
        x = ""
        for index, layer in enumerate(layers[:-1]):
            z = g("Add", state_part, g.affine(action, action_weight)) if index == 0 else g.affine(x, layer.weight, layer.bias)
            normalized = deviation = None
            if layer.scale is not None:
                centred = g("Sub", z, g("ReduceMean", z, axes=[1], keepdims=1))
                variance = g("ReduceMean", g("Mul", centred, centred), axes=[1], keepdims=1)
                deviation = g("Sqrt", g("Add", variance, 1e-5))
                normalized = g("Div", centred, deviation)
                z = g("Add", g("Mul", normalized, layer.scale), layer.shift)
            kept.append((layer, z, normalized, deviation))
            x = g("Relu", z)
        value = g.affine(x, layers[-1].weight, layers[-1].bias)
        gradient: str | np.ndarray = layers[-1].weight
        for layer, z, normalized, deviation in reversed(kept):
            gradient = g("Where", g("Greater", z, 0.0), gradient, 0.0)
            if normalized is not None and deviation is not None:
                delta = g("Mul", gradient, layer.scale)
                mean = g("ReduceMean", delta, axes=[1], keepdims=1)
                along = g("ReduceMean", g("Mul", delta, normalized), axes=[1], keepdims=1)
                gradient = g("Div", g("Sub", g("Sub", delta, mean), g("Mul", normalized, along)), deviation)
            weight = action_weight if layer is layers[0] else layer.weight
            gradient = g("MatMul", gradient, weight)
        return value, gradient


def build(policy: Policy) -> onnx.ModelProto:
    """The graph of a policy: ``observation`` [batch, n] float32 to ``action`` [batch, d] float32 in the environment's own units.

    Raises:
        UsageError: a policy that a graph cannot hold: one that draws candidates, improves itself by sampling, or remembers its
            episode's first state.
    """
    where = f"'{policy.file}'"
    if policy.is_filtered:
        raise UsageError(
            f"{where} filters its actions by how its episode began (Algorithm 3); a graph sees one state only, so use hpo.Policy"
        )
    if policy.kind == "iterative":
        raise UsageError(f"{where} is of iapo, which improves its actions by sampling at each state; use hpo.Policy")
    if policy.candidates > 1:
        raise UsageError(f"{where} draws {policy.candidates} candidates for each action; a graph draws nothing, so use hpo.Policy")
    g = _Graph()
    d = policy.action_size
    x = "observation"
    for layer in policy.base.layers[:-1]:
        x = g("Relu", g.affine(x, layer.weight, layer.bias))
    last = policy.base.layers[-1]
    latent = g.affine(x, last.weight[:d], last.bias[:d])
    for flow in policy.flows:
        offset = g("Sub", latent, flow.center)
        h = g("Reciprocal", g("Add", g("ReduceL2", offset, axes=[1], keepdims=1), flow.alpha))
        latent = g("Add", latent, g("Mul", g("Mul", h, flow.beta), offset))
    action = _evolved(g, policy, latent) if policy.is_evolved else g("Tanh", latent)
    action = g("Clip", action, -1.0, 1.0)
    low, high = policy.action_low.astype(np.float32), policy.action_high.astype(np.float32)
    if (low == -high).all():
        g.nodes.append(helper.make_node("Mul", [action, g.constant(high)], ["action"]))
    else:
        half = g("Mul", g("Add", action, 1.0), np.float32(0.5) * (high - low))
        g.nodes.append(helper.make_node("Add", [half, g.constant(low)], ["action"]))
    graph = helper.make_graph(
        g.nodes,
        "policy",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, ["batch", policy.observation_size])],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, ["batch", d])],
        g.constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="hpo",
        doc_string=f"Deterministic policy of {policy.algorithm} on {policy.environment}; actions in the environment's own units.",
    )
    helper.set_model_props(model, {"environment": policy.environment, "algorithm": policy.algorithm, "boundary": policy.boundary})
    onnx.checker.check_model(model, full_check=True)
    return model


def _evolved(g: _Graph, policy: Policy, latent: str) -> str:
    """K leapfrog steps from p₀ = 0 (paper eq. 7, 9, 13)."""
    is_latent = policy.boundary == "latent"
    position = latent if is_latent else g("Tanh", latent)
    field = _Field(g, "observation", policy.climbed_critics, policy.climbed_cost, policy.multiplier)
    nets = _Nets(g, policy) if policy.kind == "proposed" else None
    half = policy.step_size / 2

    def force(position: str) -> str:
        action = g("Tanh", position) if is_latent else position
        gradient = field.gradient(action)
        if is_latent:
            gradient = g("Mul", gradient, g("Sub", 1.0, g("Mul", action, action)))
        if nets is None:
            return g("Mul", gradient, -policy.force_scale / policy.alpha)
        pull = nets.force(position, _direction(g, gradient))
        return pull if policy.force_scale == 1 else g("Mul", pull, policy.force_scale)

    momentum: str | None = None
    pull = force(position)
    for step in range(policy.steps):
        push = g("Mul", pull, -half)
        momentum = push if momentum is None else g("Add", momentum, push)
        position = g("Add", position, g("Mul", momentum, policy.step_size))
        if policy.boundary == "clip":
            position = g("Clip", position, -1.0, 1.0)
        elif policy.boundary == "reflect":
            shifted = g("Add", position, 1.0)
            y = g("Sub", shifted, g("Mul", g("Floor", g("Div", shifted, 4.0)), 4.0))
            is_turned = g("Greater", y, 2.0)
            position = g("Where", is_turned, g("Sub", 3.0, y), g("Sub", y, 1.0))
            momentum = g("Where", is_turned, g("Neg", momentum), momentum)
        if step + 1 == policy.steps:
            # p_K is nobody's: the last force would be for nothing.
            break
        pull = force(position)
        momentum = g("Add", momentum, g("Mul", pull, -half))
        if policy.tempering is not None:
            momentum = g("Mul", momentum, float(policy.tempering[min(step, len(policy.tempering) - 1)]))
    return g("Tanh", position) if is_latent else position


def _direction(g: _Graph, gradient: str) -> str:
    """−v/‖v‖ per row, 0 for 0; scaled by the largest component first, so that no square under- or overflows."""
    largest = g("ReduceMax", g("Abs", gradient), axes=[1], keepdims=1)
    is_zero = g("Equal", largest, 0.0)
    shrunk = g("Div", gradient, g("Where", is_zero, 1.0, largest))
    norm = g("ReduceL2", shrunk, axes=[1], keepdims=1)
    return g("Neg", g("Div", shrunk, g("Where", is_zero, 1.0, norm)))


class _Nets:
    """T_h and σ_h on [s?, a, g], their share of the state multiplied out once."""

    def __init__(self, graph: _Graph, policy: Policy) -> None:
        self.graph = graph
        n = policy.observation_size if policy.reads_state else 0
        self.parts = []
        for network in (policy.gate, policy.transform):
            first = network.layers[0]
            fixed: str | np.ndarray = graph.affine("observation", first.weight[:, :n], first.bias) if n else first.bias
            self.parts.append((network, first.weight[:, n:], fixed))

    def force(self, position: str, direction: str) -> str:
        """σ_h ⊙ g + (1 − σ_h) ⊙ T_h"""
        g = self.graph
        inputs = g("Concat", position, direction, axis=1)
        outputs = []
        for network, weight, fixed in self.parts:
            outputs.append(self._output(network, g("Elu", g("Add", g.affine(inputs, weight), fixed))))
        gate, transform = g("Sigmoid", outputs[0]), outputs[1]
        return g("Add", g("Mul", gate, direction), g("Mul", g("Sub", 1.0, gate), transform))

    def _output(self, network: Perceptron, hidden: str) -> str:
        for layer in network.layers[1:-1]:
            hidden = self.graph("Elu", self.graph.affine(hidden, layer.weight, layer.bias))
        last = network.layers[-1]
        return self.graph.affine(hidden, last.weight, last.bias)


def difference(model: onnx.ModelProto, policy: Policy, observations: np.ndarray) -> float:
    """The largest difference between onnxruntime's actions and ``hpo.Policy``'s over observations [rows, n], in units of half the
    action range."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    observations = np.asarray(observations, np.float32)
    (actions,) = session.run(["action"], {"observation": observations})
    expected = policy.scaled(policy.action(observations))
    half = (policy.action_high - policy.action_low) / 2
    return float((np.abs(actions - expected) / half).max())


def export_onnx(
    run: str | os.PathLike[str], output: str | os.PathLike[str], *, best: bool = False, snapshot: int | None = None
) -> tuple[Path, float]:
    """Writes a run's policy as an ONNX file, after onnxruntime has computed the same actions from it as ``hpo.Policy``.

    Args:
        run, best, snapshot: as ``hpo.Policy``'s.
        output: the file.

    Returns:
        The file, and the largest difference of an action in units of half its range, over states of the run's own history where
        it has one.

    Raises:
        UsageError: no such run, or a policy that a graph cannot hold (says why).
        HpoError: actions that differ, or a file that cannot be written.
    """
    policy = Policy(run, best=best, snapshot=snapshot)
    model = build(policy)
    largest = difference(model, policy, _states(Path(run), policy))
    if not largest <= TOLERANCE:
        raise HpoError(f"onnxruntime's actions differ from the policy's by {largest:.2g}, more than {TOLERANCE:g}; nothing is written")
    path = Path(output)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString())
    return path, largest


def _states(run: Path, policy: Policy, count: int = 1000) -> np.ndarray:
    try:
        file, _ = open_read(run / "replay.h5")
    except UNREADABLE:
        return np.random.default_rng(0).standard_normal((count, policy.observation_size))
    with file:
        rows = len(file["observations"])
        if rows == 0:
            return np.random.default_rng(0).standard_normal((count, policy.observation_size))
        return file["observations"][:: max(1, rows // count)][:count]
