"""The residual path: what is carried past a sublayer, what the sublayer adds, and the LayerNorm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class AddNorm:
    """One addition and its LayerNorm, for one token. Vectors are (d,)."""

    sum: Float[np.ndarray, " d"]
    """carried + found."""
    mean: float
    """μ of the sum."""
    variance: float
    """σ² of the sum: its mean squared distance from μ, divided by d and not by d − 1."""
    normal: Float[np.ndarray, " d"]
    """(sum − μ) / √(σ² + ε): mean 0, length √d."""
    output: Float[np.ndarray, " d"]
    """γ ⊙ normal + β."""
    carried_dot: float
    """carried · sum."""
    found_dot: float
    """found · sum."""

    @property
    def carried_share(self) -> float:
        """How much of the sum is old: carried · sum / (sum · sum); see `found_share`."""
        return _quotient(self.carried_dot, self.carried_dot + self.found_dot)

    @property
    def found_share(self) -> float:
        """How much of the sum is new: found · sum / (sum · sum).

        The projection of a part on the sum, as a share of the sum's length. The two shares add up
        to 1; one that points against the sum is below 0, and the other then above 1. NaN where the
        sum is zero.
        """
        return _quotient(self.found_dot, self.carried_dot + self.found_dot)


def add_norm(
    carried: Float[np.ndarray, " d"],
    found: Float[np.ndarray, " d"],
    gamma: Float[np.ndarray, " d"],
    beta: Float[np.ndarray, " d"],
    epsilon: float,
) -> AddNorm:
    """LN(carried + found) step by step, in double precision.

    Source: J. L. Ba, J. R. Kiros, G. Hinton, "Layer Normalization", 2016, section 3.

    Args:
        carried: what came in and is carried past the sublayer.
        found: what the sublayer gives.
        gamma, beta, epsilon: of the LayerNorm.
    """
    old, new = carried.astype(np.float64), found.astype(np.float64)
    total = old + new
    mean = total.mean()
    variance = ((total - mean) ** 2).mean()
    normal = (total - mean) / np.sqrt(variance + epsilon)
    return AddNorm(
        sum=total,
        mean=float(mean),
        variance=float(variance),
        normal=normal,
        output=gamma * normal + beta,
        carried_dot=float(old @ total),
        found_dot=float(new @ total),
    )


@dataclass(frozen=True, eq=False)
class LayerChanges:
    """All layers for one token; L layers."""

    norm: Float[np.ndarray, " states"]
    """‖h‖ of the first layer's input, then of each layer's output (L + 1)."""
    change: Float[np.ndarray, " layers"]
    """1 − cos of each layer's output and its input: 0 the same direction, 1 at a right angle."""
    attention: Float[np.ndarray, " layers"]
    """The length of what attention added, as it stands in the layer's output."""
    ffn: Float[np.ndarray, " layers"]
    """The length of what the feed-forward network added, as it stands in the layer's output."""

    @property
    def attention_share(self) -> Float[np.ndarray, " layers"]:
        """attention / (attention + ffn), 0 to 1; NaN where neither added anything."""
        with np.errstate(invalid="ignore"):
            return self.attention / (self.attention + self.ffn)


def layer_changes(
    states: Float[np.ndarray, "states d"],
    attention_output: Float[np.ndarray, "layers d"],
    attention_norm: Float[np.ndarray, "layers d"],
    ffn_output: Float[np.ndarray, "layers d"],
    attention_gamma: Float[np.ndarray, "layers d"],
    ffn_gamma: Float[np.ndarray, "layers d"],
    epsilons: Float[np.ndarray, "layers 2"],
) -> LayerChanges:
    """How each layer changes one token, and which sublayer has how much to do with it.

    With x the input, a what attention gives and f what feed-forward gives, a layer's output is
    LN₂(LN₁(x + a) + f). At the μ and σ that the two LayerNorms had for this token they are affine,
    so the output is a sum of parts: γ₂/σ₂ ⊙ C(γ₁/σ₁ ⊙ C a) is attention's, γ₂/σ₂ ⊙ C f that of
    feed-forward, where C takes the mean off; what is left is the old vector's and the biases'.
    The parts are compared and not a and f themselves, since a large value that a small γ then
    takes away again is no change of the output.

    Source of the decomposition: G. Kobayashi et al., "Incorporating Residual and Normalization
    Layers into Analysis of Masked Language Models", EMNLP 2021, section 3.

    Args:
        states: hidden states of the token, the first layer's input first.
        attention_output, attention_norm, ffn_output: of the token in each layer.
        attention_gamma, ffn_gamma: γ of the two LayerNorms of each layer.
        epsilons: ε of the two.
    """
    hidden = states.astype(np.float64)
    before, after = hidden[:-1], hidden[1:]
    norm = np.linalg.norm(hidden, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (before * after).sum(axis=-1) / (norm[:-1] * norm[1:])
        first = before + attention_output
        second = attention_norm.astype(np.float64) + ffn_output
        scale_1 = attention_gamma / _deviation(first, epsilons[:, :1])
        scale_2 = ffn_gamma / _deviation(second, epsilons[:, 1:])
        attention = scale_2 * _centred(scale_1 * _centred(attention_output.astype(np.float64)))
        ffn = scale_2 * _centred(ffn_output.astype(np.float64))
    return LayerChanges(
        norm=norm,
        change=1 - cosine,
        attention=np.linalg.norm(attention, axis=-1),
        ffn=np.linalg.norm(ffn, axis=-1),
    )


def _centred(x: Float[np.ndarray, "layers d"]) -> Float[np.ndarray, "layers d"]:
    return x - x.mean(axis=-1, keepdims=True)


def _deviation(
    x: Float[np.ndarray, "layers d"], epsilon: Float[np.ndarray, "layers 1"]
) -> Float[np.ndarray, "layers 1"]:
    return np.sqrt(x.var(axis=-1, keepdims=True) + epsilon)


def _quotient(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
