"""What the six metrics are called, what they can be, and how one reads them.

Names and definitions follow Golshanrad and Faghih (`REFERENCE`). The words ("Focused", "Skewed")
are ours: those of entropy and median compare with uniform attention, the others with the heads of
the same model on the same text.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attention_atlas.analysis.heads import rank
from attention_atlas.analysis.metrics import THRESHOLD

REFERENCE = {
    "authors": "Golshanrad, Pouria and Faghih, Fathiyeh",
    "title": (
        "From Attention to Assurance: Enhancing Transformer Encoder Reliability Through Advanced "
        "Testing and Online Error Prediction"
    ),
    "links": [
        {"text": "SSRN 4856933", "url": "https://ssrn.com/abstract=4856933"},
        {"text": "doi:10.2139/ssrn.4856933", "url": "https://doi.org/10.2139/ssrn.4856933"},
    ],
}


@dataclass(frozen=True)
class Description:
    """One metric in words. n is the number of tokens that take part."""

    name: str
    unit: str
    formula: str
    """The definition as plain text, for where no MathML is."""
    level: Callable[[int], str]
    """n, 2 or more -> what the number is of."""
    range: Callable[[int], str]
    """n -> the lowest and the highest value there can be, and when."""
    how: Callable[[float, int], str]
    """value, n -> how to read this value."""
    words: tuple[str, str, str]
    """For a low, a middling and a high value."""
    uniform: Callable[[np.ndarray, int], np.ndarray] | None = None
    """values, n -> their share of what uniform attention has; None: other heads are the measure."""
    steps: tuple[float, float] = (0.33, 0.67)
    """Where the second and the third word begin, in that share or in the share of heads below."""

    def sentences(self, value: float, n: int) -> dict[str, str]:
        """What the number is of, what it can be, and how to read this value."""
        if n == 1:
            return {
                "level": "of this head, over its only weight",
                "range": (
                    "The only weight is 1, or 0 where all attention went to tokens left out."
                ),
                "how": (
                    "With a single token there is nothing to choose between: the number says "
                    "nothing about the head."
                ),
            }
        return {"level": self.level(n), "range": self.range(n), "how": self.how(value, n)}

    def word(self, values: np.ndarray, n: int) -> np.ndarray:
        """Which of the words fits each of all heads, (L, H) -> (L, H) uint8, 0 to 2."""
        if self.uniform is not None:
            share = self.uniform(values, n)
        elif values.max() > values.min():
            share = (values.size - rank(values)) / (values.size - 1)
        else:
            share = np.full(values.shape, 0.5)
        low, high = self.steps
        return ((share >= low).astype(np.uint8) + (share > high)).astype(np.uint8)


def entropy_share(entropy: np.ndarray, n: int) -> np.ndarray:
    """Entropy as a share of ln n, what uniform attention has; NaN for a lone token (ln 1 = 0)."""
    return entropy / math.log(n) if n > 1 else np.full(np.shape(entropy), np.nan)


def number(value: float) -> str:
    """A value with three decimals, or two significant digits where those would say 0.000.

    `popover.js` writes the same values in the same way.
    """
    if not 0 < value < 0.0005:
        return f"{value:.3f}"
    digits, exponent = f"{value:.1e}".split("e-")
    if int(exponent) > 6:
        return f"{digits}e−{int(exponent)}"
    return f"{value:.{1 + int(exponent)}f}"


def percent(share: float) -> str:
    """A share as people read it: "37 %", and not "0 %" or "100 %" for what is not quite that."""
    if math.isclose(share, 1, rel_tol=1e-6):  # the entropy of uniform attention, as float32 has it
        share = 1.0
    rounded = round(100 * share)
    if rounded in (0, 100) and share not in (0, 1):
        return "less than 1\u202f%" if rounded == 0 else "more than 99\u202f%"
    return f"{rounded}\u202f%"


def _uniform(n: int) -> str:
    return f"1/{n:,} = {number(1 / n)}"


def _weights(n: int) -> str:
    return f"of this head, over its {n:,} × {n:,} weights"


def _rows(n: int) -> str:
    return f"of this head, a mean over the {n:,} rows of its {n:,} × {n:,} weights"


def _how_entropy(value: float, n: int) -> str:
    share = percent(float(entropy_share(np.asarray(value), n)))
    return (
        f"0 when every token looks at one token only; ln {n:,} = {number(math.log(n))} when it "
        f"looks at all of them alike. This head reaches {share} of that, a share that texts of "
        "different length can be compared by."
    )


def _how_sparsity(value: float, n: int) -> str:
    below = round(value * n * n)
    text = (
        f"{below:,} of the {n * n:,} weights ({percent(value)}) are below τ = {THRESHOLD}, as good "
        f"as nothing. The uniform weight here is {_uniform(n)}"
    )
    if 1 / n < THRESHOLD:
        return f"{text}, itself below τ: in a text this long even uniform attention is sparse."
    return f"{text}."


DESCRIPTIONS: dict[str, Description] = {
    "confidence_max": Description(
        name="Confidence (max)",
        unit="",
        formula="C = max over i, j of A_ij",
        level=_weights,
        range=lambda n: (
            f"From {_uniform(n)}, when all attention is uniform, to 1, when some token looks at "
            "one token only."
        ),
        how=lambda value, n: (
            f"The single largest share any token gives to another is {number(value)}. Near 1, one "
            "token looks at one other and at nothing else."
        ),
        words=("Level", "Moderate", "Peaked"),
    ),
    "confidence_avg": Description(
        name="Confidence (avg)",
        unit="",
        formula="C̄ = 1/n Σ_i max over j of A_ij",
        level=_rows,
        range=lambda n: (
            f"From {_uniform(n)}, when all attention is uniform, to 1, when every token looks at "
            "one token only."
        ),
        how=lambda value, n: (
            f"On average a token gives {number(value)} of its attention to the token it looks at "
            f"most. Looking everywhere alike would give {_uniform(n)}."
        ),
        words=("Hesitant", "Mixed", "Decided"),
    ),
    "entropy": Description(
        name="Focus (entropy)",
        unit="nats",
        formula="H = −1/n Σ_i Σ_j A_ij ln A_ij",
        level=_rows,
        range=lambda n: (
            f"From 0, when every token looks at one token only, to "
            f"ln {n:,} = {number(math.log(n))}, when all attention is uniform."
        ),
        how=_how_entropy,
        words=("Focused", "Mixed", "Diffuse"),
        uniform=lambda values, n: np.nan_to_num(entropy_share(values, n)),
        steps=(0.55, 0.8),
    ),
    "sparsity": Description(
        name="Sparsity",
        unit="",
        formula=f"S = #{{A_ij < τ}} / n², τ = {THRESHOLD}",
        level=_weights,
        range=lambda n: (
            f"From 0, when no weight is below τ = {THRESHOLD}, to {number(1 - 1 / n)}, when every "
            "token looks at one token only."
            if 1 / n >= THRESHOLD
            else f"From 0, when no weight is below τ = {THRESHOLD}, to 1, when all of them are."
        ),
        how=_how_sparsity,
        words=("Dense", "Mixed", "Sparse"),
    ),
    "median": Description(
        name="Distribution (median)",
        unit="",
        formula="M = median over i, j of A_ij",
        level=_weights,
        range=lambda n: (
            f"From 0, when more than half of the weights are nothing, to no more than 2/{n:,} = "
            f"{number(2 / n)}; uniform attention has {_uniform(n)}."
        ),
        how=lambda value, n: (
            f"Half of the {n * n:,} weights are at most {number(value)}. Far below {_uniform(n)}, "
            "a few weights hold most of the attention."
        ),
        words=("Skewed", "Uneven", "Even"),
        uniform=lambda values, n: values * n,
        steps=(0.35, 0.7),
    ),
    "uniformity": Description(
        name="Uniformity",
        unit="sd",
        formula="U = √(1/n² Σ_ij (A_ij − Ā)²)",
        level=_weights,
        range=lambda n: (
            f"From 0, when all weights are alike, to √({n:,} − 1)/{n:,} = "
            f"{number(math.sqrt(n - 1) / n)}, when every token looks at one token only."
        ),
        how=lambda value, n: (
            f"The standard deviation of the {n * n:,} weights. The name is the paper’s: 0 is "
            "perfectly uniform, and the larger the number, the more the weights differ."
        ),
        words=("Even", "Typical", "Uneven"),
    ),
}
"""By the fields of `AttentionMetrics`, in their order."""
