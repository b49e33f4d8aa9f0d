"""What a metric is computed over, and how numbers are written about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from attention_atlas.analysis.metrics import THRESHOLD


@dataclass(frozen=True)
class Over:
    """The n tokens, or whole words, whose attention to each other a metric is of."""

    n: int
    tau: float = THRESHOLD
    """The weight below which sparsity counts a weight as none."""
    keep_special: bool = True
    words: bool = False

    @property
    def one(self) -> str:
        """What looks, and is looked at: "token" or "word"."""
        return "word" if self.words else "token"

    @property
    def matrix(self) -> str:
        """The size of the matrix, "12 × 12"."""
        return f"{self.n:,} × {self.n:,}"

    @property
    def uniform(self) -> str:
        """The weight that uniform attention gives to each, "1/12 = 0.083"."""
        return f"1/{self.n:,} = {number(1 / self.n)}"

    @property
    def tau_text(self) -> str:
        """τ as it is written, "0.01"; Python reads it as the same number."""
        return threshold_text(self.tau, self.n)

    def note(self) -> str:
        """What was done to the weights before they were measured; empty if nothing was."""
        said = []
        if not self.keep_special:
            said.append(
                "[CLS], [SEP] and padding are left out, and each row is divided by what is left "
                "of it."
            )
        if self.words:
            said.append(
                "The pieces of a word are taken together: their columns are summed and their rows "
                "averaged."
            )
        return " ".join(said)


def threshold_text(tau: float, n: int) -> str:
    """A threshold in full if two digits are enough, as "1/12" if it is 1/n, or in four digits."""
    if float(f"{tau:.2g}") == tau:
        return repr(float(tau))
    return f"1/{n}" if tau == 1 / n else f"{tau:.4g}"


def number(value: float) -> str:
    """A value with three decimals, or two significant digits where those would say 0.000.

    `measured` in `shared/dom.js` writes the same values in the same way.
    """
    if not 0 < value < 0.0005:
        return f"{value:.3f}"
    digits, exponent = f"{value:.1e}".split("e-")
    if int(exponent) > 6:
        return f"{digits}e−{int(exponent)}"
    return f"{value:.{1 + int(exponent)}f}"


def percent(share: float) -> str:
    """A share as people read it: "37 %", and not "0 %" or "100 %" for what is not quite that.

    `words.js` writes the same shares in the same way.
    """
    if math.isclose(share, 1, rel_tol=1e-6):  # the entropy of uniform attention, as float32 has it
        share = 1.0
    rounded = math.floor(100 * share + 0.5)
    if rounded in (0, 100) and share not in (0, 1):
        return "<1\u202f%" if rounded == 0 else ">99\u202f%"
    return f"{rounded}\u202f%"
