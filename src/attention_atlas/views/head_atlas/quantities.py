"""What heads can be compared by: six metrics, seven roles, and how far away they look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float, UInt8

from attention_atlas.analysis.metrics import THRESHOLD, AttentionMetrics
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS, number

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.analysis.roles import RoleShare

Unit = Literal["token", "word"]
METRICS: tuple[str, ...] = tuple(field.name for field in fields(AttentionMetrics))
DISTANCE = "distance"
STRONG = 2.0
"""The ratio from which a head's highest role counts as its strongest."""
NO_ROLE = 255


@dataclass(frozen=True)
class Quantity:
    """One number of each head, in words."""

    value: str
    """A field of `AttentionMetrics`, a key of `HeadSummary.roles`, or "distance"."""
    kind: Literal["metric", "role", "distance"]
    name: str
    short: str
    definition: str
    """One sentence, without the formula and the full stop."""
    formula: str
    """Plain text; a letter after "_", or several in braces, is a subscript."""
    note: str
    """One sentence: what uniform attention has."""
    uniform: float | None
    """What uniform attention has. None for a metric, whose note says it, and where `missing`."""
    missing: str | None = None
    """Why no head has this number in this text."""


@dataclass(frozen=True)
class _Role:
    name: str
    short: str
    place: str
    over: str
    """Which of the tokens have such a place; nothing where all do."""
    weights: str
    missing: str


ROLES: dict[str, _Role] = {
    "itself": _Role("itself", "itself", "itself", "", "A_{ii}", "no token in this text"),
    "previous": _Role(
        "previous token", "previous", "the token before it", "that have one",
        "A_{i,i−1}", "no token has one before it",
    ),
    "next": _Role(
        "next token", "next", "the token after it", "that have one",
        "A_{i,i+1}", "no token has one after it",
    ),
    "first": _Role("[CLS]", "[CLS]", "[CLS]", "", "A_{i,[CLS]}", "[CLS] takes no part"),
    "separator": _Role(
        "[SEP]", "[SEP]", "all [SEP] together", "",
        "Σ_{j [SEP]} A_{ij}", "[SEP] takes no part",
    ),
    "punctuation": _Role(
        "punctuation", "punctuation", "all punctuation together", "",
        "Σ_{j punctuation} A_{ij}", "no punctuation in this text",
    ),
    "same word": _Role(
        "same word elsewhere", "same word", "its own word elsewhere", "that come again",
        "Σ_{j same word} A_{ij}", "no word comes twice in this text",
    ),
}  # fmt: skip

_METRICS = {
    "confidence_max": (
        "The largest weight that any token of the head gives to another",
        "It is 1/n when attention is uniform, and 1 when some token looks at one token only.",
    ),
    "confidence_avg": (
        "The largest weight of each token, a mean over the tokens",
        "It is 1/n when attention is uniform, and 1 when every token looks at one token only.",
    ),
    "entropy": (
        "How widely a token spreads its attention, in nats, a mean over the tokens",
        "It is ln n when attention is uniform (diffuse), and 0 when every token looks at one "
        "token only (focused).",
    ),
    "sparsity": (
        "The share of the head’s weights that are below τ, as good as nothing",
        "It is 0 when attention is uniform and 1/n is not below τ.",
    ),
    "median": (
        "The weight that half of the head’s weights do not exceed",
        "It is 1/n when attention is uniform, and far below where a few weights hold most of it.",
    ),
    "uniformity": (
        "The standard deviation of the head’s weights",
        "It is 0 when attention is uniform: the larger, the more the weights differ.",
    ),
}


def quantities(
    summary: HeadSummary, unit: Unit = "token", tau: str = str(THRESHOLD)
) -> list[dict[str, Any]]:
    """Each `Quantity` as plain data: the metrics, the roles in the summary's order, the distance.

    What is missing in the text stays in the list and says why. `unit` is what attends, and
    `tau` is τ of the sparsity as it is written.
    """
    found = [
        *(_metric(name, unit, tau) for name in METRICS),
        *(_role(name, role, unit) for name, role in summary.roles.items()),
        _distance(summary, unit),
    ]
    return [asdict(quantity) for quantity in found]


def numbers(summary: HeadSummary) -> dict[str, np.ndarray]:
    """The numbers of all heads, by the name of the array in a Picture.

    "metrics" (6, L, H) in the order of `AttentionMetrics`; "shares" and "ratios" (R, L, H) in the
    order of `summary.roles`, NaN for a role that the text does not have; "distance" (L, H), in
    tokens; "strongest" (L, H) uint8, the index of the strongest role or 255.
    """
    shape = np.shape(summary.distance)
    shares = _stacked((role.share for role in summary.roles.values()), shape)
    ratios = _stacked((role.ratio for role in summary.roles.values()), shape)
    return {
        "metrics": np.stack([getattr(summary.metrics, name) for name in METRICS]),
        "shares": shares,
        "ratios": ratios,
        "distance": np.asarray(summary.distance),
        "strongest": strongest(ratios),
    }


def strongest(
    ratios: Float[np.ndarray, "roles layers heads"],
) -> UInt8[np.ndarray, "layers heads"]:
    """The index of each head's strongest role: the highest ratio, if it is at least `STRONG`.

    255 for a head without one. Of equal ratios the first counts; NaN never does.
    """
    if len(ratios) == 0:
        return np.full(ratios.shape[1:], NO_ROLE, dtype=np.uint8)
    known = np.where(np.isnan(ratios), -np.inf, ratios)
    return np.where(known.max(axis=0) >= STRONG, known.argmax(axis=0), NO_ROLE).astype(np.uint8)


def _metric(name: str, unit: Unit, tau: str) -> Quantity:
    about = DESCRIPTIONS[name]
    definition, note = (text.replace("token", unit) for text in _METRICS[name])
    named = about.name[0].lower() + about.name[1:]
    short = named if name.startswith("confidence") else name
    formula = about.formula.replace(f"τ = {THRESHOLD}", f"τ = {tau}")
    return Quantity(name, "metric", named, short, definition, formula, note, uniform=None)


def _role(value: str, role: RoleShare, unit: Unit) -> Quantity:
    about = ROLES[value]
    name, short, place, missing = (
        text.replace("token", unit)
        for text in (about.name, about.short, about.place, about.missing)
    )
    if role.queries == 0:
        return Quantity(value, "role", name, short, "", "", "", uniform=None, missing=missing)
    over = f"a mean over {role.queries:,} {unit}{'' if role.queries == 1 else 's'} {about.over}"
    if role.queries == 1:
        over = over.replace("that have", "that has")
    uniform = number(role.uniform)
    return Quantity(
        value=value,
        kind="role",
        name=name,
        short=short,
        definition=f"The weight that a {unit} gives to {place}, {over}".rstrip(),
        formula=f"share = 1/{role.queries:,} Σ_i {about.weights}, ratio = share / {uniform}",
        note=(
            f"Uniform attention gives {uniform}: in a short sentence every place is much of the "
            "whole."
        ),
        uniform=float(role.uniform),
    )


def _distance(summary: HeadSummary, unit: Unit) -> Quantity:
    return Quantity(
        value=DISTANCE,
        kind="distance",
        name="mean distance",
        short="distance",
        definition=f"How many {unit}s away a {unit} looks, by weight, a mean over the {unit}s",
        formula="D = 1/n Σ_i Σ_j A_{ij} |i − j|",
        note=f"Uniform attention over this text has {number(summary.uniform_distance)}.",
        uniform=float(summary.uniform_distance),
    )


def _stacked(arrays: Iterable[Any], shape: tuple[int, ...]) -> np.ndarray:
    found = [np.asarray(array, dtype=np.float32) for array in arrays]
    return np.stack(found) if found else np.empty((0, *shape), dtype=np.float32)
