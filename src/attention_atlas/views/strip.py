"""One line of an addition of vectors, as the views draw it: sign, name, strip, length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Float32


def strip(
    array: str, sign: str, name: str, vector: Float32[np.ndarray, " d"], *, norm: bool = False
) -> dict[str, Any]:
    """The line that shows `vector`, which the Picture holds under the name `array`.

    `norm` says that it is the output of a LayerNorm, which has a colour scale of its own. The
    length is the L2 norm, None where it is no finite number (JSON has no other word for that).
    """
    length = float(np.linalg.norm(vector))
    known = length if math.isfinite(length) else None
    return {"array": array, "sign": sign, "name": name, "length": known, "norm": norm}
