"""A Picture: what one of our JavaScript views draws, as numbers.

A view is a folder here: `NAME.py` makes the Picture, `NAME.js` draws it, `NAME.css` dresses it.
The Picture crosses to the browser as JSON for the few small things and as bytes for the arrays.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

EXACT_UP_TO = 65_536
"""Arrays of at most this many values travel as float32; larger ones in two bytes a value."""


@dataclass(frozen=True)
class Picture:
    """The numbers of one view."""

    view: str
    """The name of the view's folder, "feed_forward"."""
    state: Mapping[str, Any]
    """What is small and plain: labels, titles, scalars. JSON."""
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What is large: name -> array of any shape, float or uint8."""

    def to_message(self) -> dict[str, Any]:
        """The Picture as JSON, its arrays as base64 with dtype and shape."""
        arrays = {name: encode(array) for name, array in self.arrays.items()}
        return {"view": self.view, "state": speakable(self.state), "arrays": arrays}


def speakable(value: Any) -> Any:
    """`value` as JSON can say it: NaN and infinity, which it has no words for, become
    {"number": "NaN"}, {"number": "Infinity"} or {"number": "-Infinity"}; shared/live.js reads them.
    """
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"number": name}
    if isinstance(value, Mapping):
        return {key: speakable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [speakable(inner) for inner in value]
    return value


def encode(array: np.ndarray) -> dict[str, Any]:
    """An array as {"dtype", "shape", "data"}, its data base64 of little-endian bytes.

    Bytes stay bytes ("u1"), half floats stay half floats ("f2"). Other floats are exact ("f4") up
    to `EXACT_UP_TO` values. Beyond, weights between 0 and 1 become sixteen-bit fractions ("q2",
    off by less than 8e-6), and other numbers half floats ("f2"; a value beyond their range keeps
    the whole array at "f4").
    """
    array = np.asarray(array)
    if array.dtype == np.uint8:
        dtype, data = "u1", array
    elif array.dtype == np.float16:
        dtype, data = "f2", array.astype("<f2")
    elif array.size <= EXACT_UP_TO:
        dtype, data = "f4", array.astype("<f4")
    elif np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1:
        dtype, data = "q2", np.rint(array * 65_535).astype("<u2")
    # Not nanmax, which warns where there is nothing but NaN.
    elif np.fmax.reduce(np.abs(array), axis=None) < np.finfo(np.float16).max:
        dtype, data = "f2", array.astype("<f2")
    else:
        dtype, data = "f4", array.astype("<f4")
    return {
        "dtype": dtype,
        "shape": list(array.shape),
        "data": base64.b64encode(np.ascontiguousarray(data).tobytes()).decode("ascii"),
    }
