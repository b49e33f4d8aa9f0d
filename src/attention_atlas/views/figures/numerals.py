"""Numbers as the views write them; in the browser by shared/dom.js, figures.js and measure.js."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from attention_atlas.views.metric_cards.over import percent
from attention_atlas.views.weights import Measure

__all__ = [
    "brief",
    "measured",
    "number",
    "percent",
    "share",
    "short",
    "significant",
    "times",
    "told",
]

_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
"""Enough digits for the largest float."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(x: float, digits: int = 3) -> str:
    """A number with a true minus: "−0.125"; NaN and infinity by name."""
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    text = _fixed(abs(x), digits)
    return f"−{text}" if x < 0 and float(text) != 0 else text


def measured(x: float, digits: int = 3) -> str:
    """A metric: two significant digits for what would round to nothing, "0.00012"."""
    if not 0 < x < 0.5 * 10**-digits:
        return number(x, digits)
    exponent = math.floor(math.log10(x))
    return (
        f"{x:.1e}".replace("e-0", "e-").replace("-", "−")
        if exponent < -6
        else f"{x:.{1 - exponent}f}"
    )


def significant(x: float, digits: int) -> str:
    """Significant digits; far from one as a power of ten, "1.23 × 10⁻⁷"."""
    if not math.isfinite(x):
        return number(x)
    if x == 0:
        return "0"
    mantissa, power = f"{abs(x):.{digits - 1}e}".split("e")
    exponent = int(power)
    sign = "−" if x < 0 else ""
    if -5 <= exponent < 6:
        return f"{sign}{_fixed(abs(x), max(0, digits - 1 - exponent))}"
    raised = str(abs(exponent)).translate(_RAISED)
    return f"{sign}{mantissa} × 10{'⁻' if exponent < 0 else ''}{raised}"


def brief(x: float) -> str:
    """The end of a scale in two or three digits, without a nought that says nothing: ".25", "1"."""
    text = significant(x, 3 if abs(x) >= 1 else 2)
    text = text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text


def told(measure: Measure, x: float) -> str:
    """One number of a head; of a difference also which way it goes: "+0.125"."""
    text = number(x)
    rises = measure == "difference" and x > 0 and text != number(0)
    return f"+{text}" if rises else text


def short(measure: Measure, x: float) -> str:
    """One number of a head where there is little room: ".487", "−3.21"."""
    if measure == "scores":
        return number(x, 2)
    text = told(measure, x)
    sign = text[0] if text[0] in "+−" else ""
    rest = text[len(sign) :]
    return sign + (rest[1:] if rest.startswith("0.") else rest)


def times(x: float) -> str:
    """A ratio to uniform attention: "3.1×"."""
    return f"{_rounded(x, 1)}×"


def share(x: float) -> str:
    """A share of attention: "0.62"."""
    return _rounded(x, 2)


def _fixed(x: float, digits: int) -> str:
    """`x` with decimals; what lies in the middle is rounded up, as JavaScript does."""
    return f"{Decimal(float(x)).quantize(Decimal(1).scaleb(-digits), context=_EXACT):f}"


def _rounded(x: float, digits: int) -> str:
    return f"<{number(10**-digits, digits)}" if 0 < x < 0.5 * 10**-digits else number(x, digits)
