"""Networks as checkpoints hold them, in numpy: forward, and the gradient with respect to the input.

Weights are float32 in the files; arithmetic here is in float64, so that what differs from the program is the program's own rounding.
Arrays are [rows, columns] throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import h5py
import numpy as np

_LAYER_NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class Layer:
    """y = x Wᵀ + b, then LayerNorm where there is a scale."""

    #: [out, in]
    weight: np.ndarray
    #: [out]
    bias: np.ndarray
    #: Of LayerNorm over the layer's units, [out]; ``None`` for none.
    scale: np.ndarray | None = None
    shift: np.ndarray | None = None


@dataclass(frozen=True)
class Perceptron:
    """Layers with one activation between them; the last is linear."""

    layers: tuple[Layer, ...]

    @classmethod
    def read(cls, group: h5py.Group, *, heads: int = 0) -> Perceptron:
        """Reads ``<index>/{weight, bias[, scale, shift]}``.

        Args:
            heads: how many of the last layers stand beside each other on what comes before them.

        Raises:
            KeyError, ValueError: layers that are missing, do not fit each other or hold numbers that are not finite.
        """
        layers = []
        for index in sorted(group, key=int):
            tensors = {name: np.asarray(group[index][name], dtype=np.float64) for name in group[index]}
            for name, tensor in tensors.items():
                if not np.isfinite(tensor).all():
                    raise ValueError(f"{group.name}/{index}/{name} holds numbers that are not finite")
            layers.append(Layer(**tensors))
        if len(layers) <= heads:
            raise ValueError(f"{group.name} has {len(layers)} layers, too few")
        below = None
        for index, layer in enumerate(layers):
            _check(layer, below, f"{group.name}/{index}")
            if index < len(layers) - heads:
                below = layer
        return cls(tuple(layers))

    @property
    def inputs(self) -> int:
        return self.layers[0].weight.shape[1]

    @property
    def outputs(self) -> int:
        return self.layers[-1].weight.shape[0]

    def forward(self, x: np.ndarray, activation: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """[rows, inputs] to [rows, outputs]."""
        for layer in self.layers[:-1]:
            x = activation(_affine(layer, x))
        return _affine(self.layers[-1], x)


def _check(layer: Layer, below: Layer | None, where: str) -> None:
    """A layer's sizes fit each other and the layer below."""
    if layer.weight.ndim != 2 or 0 in layer.weight.shape:
        raise ValueError(f"{where}/weight has the shape {layer.weight.shape}, not [out, in]")
    outputs = layer.weight.shape[0]
    for name in ("bias", "scale", "shift"):
        tensor = getattr(layer, name)
        if tensor is not None and tensor.shape != (outputs,):
            raise ValueError(f"{where}/{name} has the shape {tensor.shape}, where the weight has {outputs} outputs")
    if below is not None and layer.weight.shape[1] != below.weight.shape[0]:
        raise ValueError(f"{where}/weight takes {layer.weight.shape[1]} numbers, the layer below gives {below.weight.shape[0]}")


def _affine(layer: Layer, x: np.ndarray) -> np.ndarray:
    z = x @ layer.weight.T + layer.bias
    return z if layer.scale is None else _normalized(z)[0] * layer.scale + layer.shift


def _normalized(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows with mean 0 and variance 1, and what they were divided by."""
    centred = z - z.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + _LAYER_NORM_EPSILON)
    return centred / deviation, deviation


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    # Both branches are finite: the exponent is never positive.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


class Critic:
    """Q(s, a): a ReLU network on [s, a] with one output, and ∂Q/∂a."""

    def __init__(self, network: Perceptron, observation_size: int) -> None:
        self.network = network
        self.observation_size = observation_size

    def __call__(self, observations: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values [rows] and ∇ₐQ [rows, actions]."""
        x = np.concatenate([observations, actions], axis=1)
        kept = []
        for layer in self.network.layers[:-1]:
            z = x @ layer.weight.T + layer.bias
            normalized = deviation = None
            if layer.scale is not None:
                normalized, deviation = _normalized(z)
                z = normalized * layer.scale + layer.shift
            kept.append((layer, z > 0, normalized, deviation))
            x = relu(z)
        last = self.network.layers[-1]
        values = (x @ last.weight.T + last.bias)[:, 0]
        gradient = np.broadcast_to(last.weight[0], x.shape)
        for layer, is_active, normalized, deviation in reversed(kept):
            gradient = gradient * is_active
            if normalized is not None:
                # y = ẑ ⊙ scale + shift, ẑ = (z − m)/s:  ∂L/∂z = (δ − mean δ − ẑ mean(δ ⊙ ẑ))/s with δ = ∂L/∂y ⊙ scale
                delta = gradient * layer.scale
                mean = delta.mean(axis=1, keepdims=True)
                along = (delta * normalized).mean(axis=1, keepdims=True)
                gradient = (delta - mean - normalized * along) / deviation
            gradient = gradient @ layer.weight
        return values, gradient[:, self.observation_size :]


Surface = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def minimum(first: Critic, second: Critic) -> Surface:
    """min(Q₁, Q₂), with the smaller one's gradient row by row; ties are the first's."""

    def surface(observations: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q1, g1 = first(observations, actions)
        q2, g2 = second(observations, actions)
        is_first = q1 <= q2
        return np.where(is_first, q1, q2), np.where(is_first[:, None], g1, g2)

    return surface


def penalized(reward: Surface, cost: Critic, multiplier: float) -> Surface:
    """Q − λ·Q_C."""

    def surface(observations: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q, g = reward(observations, actions)
        q_cost, g_cost = cost(observations, actions)
        return q - multiplier * q_cost, g - multiplier * g_cost

    return surface
