"""What the six metrics are called, what they can be, and how one reads them.

Names and definitions follow Golshanrad and Faghih (`REFERENCES`). The words ("Focused", "Skewed")
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
from attention_atlas.views.metric_cards.over import Over, number, percent

REFERENCES = {
    "metrics": {
        "authors": "Golshanrad, Pouria and Faghih, Fathiyeh",
        "title": (
            "From Attention to Assurance: Enhancing Transformer Encoder Reliability Through "
            "Advanced Testing and Online Error Prediction"
        ),
        "links": [
            {"text": "SSRN 4856933", "url": "https://ssrn.com/abstract=4856933"},
            {"text": "doi:10.2139/ssrn.4856933", "url": "https://doi.org/10.2139/ssrn.4856933"},
        ],
    },
    "against": {
        "authors": "S. Jain and B. C. Wallace",
        "title": "Attention is not Explanation",
        "links": [{"text": "NAACL 2019", "url": "https://doi.org/10.18653/v1/N19-1357"}],
    },
    "for": {
        "authors": "S. Wiegreffe and Y. Pinter",
        "title": "Attention is not not Explanation",
        "links": [{"text": "EMNLP 2019", "url": "https://doi.org/10.18653/v1/D19-1002"}],
    },
}
"""Where the metrics are from, and the two sides on whether attention explains a prediction."""


@dataclass(frozen=True)
class Description:
    """One metric in words."""

    name: str
    unit: str
    formula: str
    """The definition as plain text, for where no MathML is."""
    level: Callable[[Over], str]
    """What the number is of; this and what follows for n of 2 or more."""
    range: Callable[[Over], str]
    """The lowest and the highest value there can be, and when."""
    how: Callable[[Over], str]
    """How to read a value. `{value}`, `{percent}` and `{count}` stand for what `fill` puts there,
    so that the page can read another head's value without asking Python."""
    silent: Callable[[Over], str]
    """What the number does not say."""
    words: tuple[str, str, str]
    """For a low, a middling and a high value."""
    uniform: Callable[[np.ndarray, int], np.ndarray] | None = None
    """values, n -> their share of what uniform attention has; None: other heads are the measure."""
    uniform_name: str = ""
    """What that share is of."""
    steps: tuple[float, float] = (0.33, 0.67)
    """Where the second and the third word begin, in that share or in the share of heads below."""

    def sentences(self, over: Over, heads: int) -> dict[str, str]:
        """What the number is of, can be, and how it is read; what the word compares with.

        `heads` is how many heads the model has. "how" still has the places that `fill` fills.
        """
        silent = self.silent(over)
        if over.n == 1:
            return {
                "level": "of this head, over its only weight",
                "range": (
                    "The only weight is 1, or 0 where all attention went to tokens left out."
                ),
                "how": (
                    f"With a single {over.one} there is nothing to choose between: the number says "
                    "nothing about the head."
                ),
                "compares": "",
                "silent": silent,
            }
        return {
            "level": self.level(over),
            "range": self.range(over),
            "how": self.how(over),
            "compares": self._compares(heads),
            "silent": silent,
        }

    def fill(self, template: str, value: float, n: int) -> str:
        """A sentence with what it says of one head put in; `words.js` fills it in the same way."""
        share = value if self.uniform is None else float(self.uniform(np.asarray(value), n))
        return (
            template.replace("{value}", number(value))
            .replace("{percent}", percent(share))
            .replace("{count}", f"{round(value * n * n):,}")
        )

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

    def _compares(self, heads: int) -> str:
        low, middle, high = (f"“{word}”" for word in self.words)
        if self.uniform is not None:
            below, above = (percent(step) for step in self.steps)
            return (
                f"The word compares with uniform attention: {low} is below {below} of "
                f"{self.uniform_name}, {high} above {above}, {middle} between."
            )
        if heads == 1:
            return f"The word would compare with other heads; this model has none: {middle}."
        return (
            f"For this metric the word compares with the other heads of this model on this text: "
            f"{low} for the lowest third of the {heads:,} heads, {middle} for the middle, {high} "
            "for the highest."
        )


def entropy_share(entropy: np.ndarray, n: int) -> np.ndarray:
    """Entropy as a share of ln n, what uniform attention has; NaN for a lone token (ln 1 = 0)."""
    return entropy / math.log(n) if n > 1 else np.full(np.shape(entropy), np.nan)


def _weights(over: Over) -> str:
    return f"of this head, over its {over.matrix} weights"


def _rows(over: Over) -> str:
    return f"of this head, a mean over the {over.n:,} rows of its {over.matrix} weights"


def _sparsity_range(over: Over) -> str:
    start = f"From 0, when no weight is below τ = {over.tau_text}, to"
    if over.tau == 0:
        return "Always 0: no weight is below τ = 0."
    if over.tau > 1 / over.n:
        return f"{start} 1, when all of them are."
    return f"{start} {number(1 - 1 / over.n)}, when every {over.one} looks at one {over.one} only."


def _how_sparsity(over: Over) -> str:
    text = (
        f"{{count}} of the {over.n**2:,} weights ({{percent}}) are below τ = {over.tau_text}, as "
        f"good as nothing. The uniform weight here is {over.uniform}"
    )
    if over.tau > 1 / over.n:
        return f"{text}, itself below τ: even uniform attention would be sparse."
    return f"{text}."


DESCRIPTIONS: dict[str, Description] = {
    "confidence_max": Description(
        name="Confidence (max)",
        unit="",
        formula="C = max over i, j of A_ij",
        level=_weights,
        range=lambda over: (
            f"From {over.uniform}, when all attention is uniform, to 1, when some {over.one} looks "
            f"at one {over.one} only."
        ),
        how=lambda over: (
            f"The single largest share that any {over.one} gives is {{value}}. Near 1, one "
            f"{over.one} looks at one {over.one} and at nothing else."
        ),
        silent=lambda over: (
            f"One large weight tells of one {over.one}: not of the other rows, and not whether "
            "what it brought was of any use."
        ),
        words=("Level", "Moderate", "Peaked"),
    ),
    "confidence_avg": Description(
        name="Confidence (avg)",
        unit="",
        formula="C̄ = 1/n Σ_i max over j of A_ij",
        level=_rows,
        range=lambda over: (
            f"From {over.uniform}, when all attention is uniform, to 1, when every {over.one} "
            f"looks at one {over.one} only."
        ),
        how=lambda over: (
            f"On average a {over.one} gives {{value}} of its attention to the {over.one} it looks "
            f"at most. Looking everywhere alike would give {over.uniform}."
        ),
        silent=lambda over: (
            f"The {over.one} that gets the most need not be the one that counts: a large weight "
            "on a short value vector brings little."
        ),
        words=("Hesitant", "Mixed", "Decided"),
    ),
    "entropy": Description(
        name="Focus (entropy)",
        unit="nats",
        formula="H = −1/n Σ_i Σ_j A_ij ln A_ij",
        level=_rows,
        range=lambda over: (
            f"From 0, when every {over.one} looks at one {over.one} only, to "
            f"ln {over.n:,} = {number(math.log(over.n))}, when all attention is uniform."
        ),
        how=lambda over: (
            f"This head reaches {{percent}} of ln {over.n:,} = {number(math.log(over.n))}, the "
            "entropy of uniform attention: a share that texts of different length can be compared "
            "by."
        ),
        silent=lambda over: (
            "A focused head is not an important one, nor a diffuse one idle: entropy tells how "
            "attention is spread, not where it goes or what comes of it."
        ),
        words=("Focused", "Mixed", "Diffuse"),
        uniform=lambda values, n: np.nan_to_num(entropy_share(values, n)),
        uniform_name="its entropy, ln n",
        steps=(0.55, 0.8),
    ),
    "sparsity": Description(
        name="Sparsity",
        unit="",
        formula=f"S = #{{A_ij < τ}} / n², τ = {THRESHOLD}",
        level=_weights,
        range=_sparsity_range,
        how=_how_sparsity,
        silent=lambda over: (
            "A weight below τ is small, but not without effect, least of all on a long value "
            "vector; and where τ lies is our choice, not the model’s."
        ),
        words=("Dense", "Mixed", "Sparse"),
    ),
    "median": Description(
        name="Distribution (median)",
        unit="",
        formula="M = median over i, j of A_ij",
        level=_weights,
        range=lambda over: (
            f"From 0, when more than half of the weights are nothing, to no more than 2/{over.n:,} "
            f"= {number(2 / over.n)}; uniform attention has {over.uniform}."
        ),
        how=lambda over: (
            f"Half of the {over.n**2:,} weights are at most {{value}}. Far below {over.uniform}, "
            "a few weights hold most of the attention."
        ),
        silent=lambda over: (
            "The median sees only the weight in the middle: not which weights are large, nor "
            "whether those made a difference."
        ),
        words=("Skewed", "Uneven", "Even"),
        uniform=lambda values, n: values * n,
        uniform_name="its weight, 1/n",
        steps=(0.35, 0.7),
    ),
    "uniformity": Description(
        name="Uniformity",
        unit="sd",
        formula="U = √(1/n² Σ_ij (A_ij − Ā)²)",
        level=_weights,
        range=lambda over: (
            f"From 0, when all weights are alike, to √({over.n:,} − 1)/{over.n:,} = "
            f"{number(math.sqrt(over.n - 1) / over.n)}, when every {over.one} looks at one "
            f"{over.one} only."
        ),
        how=lambda over: (
            f"The standard deviation of the {over.n**2:,} weights. The name is the paper’s: 0 is "
            "perfectly uniform, and the larger the number, the more the weights differ."
        ),
        silent=lambda over: (
            "It shrinks as a text grows, so it does not compare texts of different length; and it "
            "does not tell which weights differ, or why."
        ),
        words=("Even", "Typical", "Uneven"),
    ),
}
