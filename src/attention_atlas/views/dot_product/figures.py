"""How the walk through the attention writes its numbers, so that each follows from those before.

A reader adds, divides and exponentiates what is printed, and must meet the next printed number.
So each figure has the digits that the next one needs.
"""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
LEAST = 1e-45
"""About the smallest number that single precision holds."""


def figure(x: float, digits: int, *, below: float = 0, significant: int = 2) -> str:
    """A number with so many decimals, a true minus, NaN and infinity by name.

    What is smaller than `below` has so many `significant` digits instead, and what is too small
    for single precision is 0. From 10⁹ on, and below a ten-thousandth, such a number is
    written with a power of ten.
    """
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "∞" if x > 0 else f"{MINUS}∞"
    size = abs(float(x))
    if size >= 1e9:
        text = _scientific(size, 5)
    elif LEAST < size < below:
        text = _scientific(size, significant)
        exponent = math.floor(math.log10(float(text.replace(MINUS, "-"))))
        if exponent >= -4:
            text = f"{size:.{significant - 1 - exponent}f}"
    else:
        text = f"{size:.{digits}f}"
        if not float(text):
            return text
    return f"{MINUS}{text}" if x < 0 else text


def _scientific(size: float, significant: int) -> str:
    mantissa, exponent = f"{size:.{significant - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
