"""Which rows of a table point most nearly where one of them points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from attention_atlas.errors import InvalidChoice


@dataclass(frozen=True, eq=False)
class Nearest:
    """Rows of a table, nearest first, and their cosines."""

    rows: Int[np.ndarray, " k"]
    cosines: Float[np.ndarray, " k"]
    """From -1 to 1."""


def row_norms(table: Float[np.ndarray, "rows d"]) -> Float[np.ndarray, " rows"]:
    """The length (L2 norm) of each row, without a copy of the table."""
    return np.sqrt(np.einsum("ij,ij->i", table, table))


def nearest(
    table: Float[np.ndarray, "rows d"],
    norms: Float[np.ndarray, " rows"],
    row: int,
    *,
    k: int = 8,
    among: Bool[np.ndarray, " rows"] | None = None,
) -> Nearest:
    """The k rows with the largest cosine to one row, which is left out itself.

    cos(a, b) = a · b / (‖a‖ ‖b‖). One product of the table with a vector and a partial sort, so
    O(rows · d). Rows without a direction (all zero, or with NaN or ∞ in them) are left out; there
    may then be fewer than k.

    Args:
        table: one vector in each row, (rows, d).
        norms: the length of each row, as `row_norms` gives it; kept by who asks often.
        row: the row whose neighbours are wanted.
        k: how many.
        among: which rows may be neighbours; all if None.

    Raises:
        InvalidChoice: there is no such row, or k is less than 1.
    """
    if row not in range(len(table)):
        raise InvalidChoice(
            f"There is no row {row}: the table has {len(table)}. Choose 0 to {len(table) - 1}."
        )
    if k < 1:
        raise InvalidChoice(f"At least 1 neighbour can be asked for, but {k} were. Choose from 1.")
    with np.errstate(all="ignore"):
        cosines = table @ table[row] / (norms * norms[row])
    out = ~np.isfinite(cosines)
    if among is not None:
        out |= ~among
    out[row] = True
    cosines[out] = -np.inf
    k = min(k, len(cosines) - int(out.sum()))
    if k == 0:
        return Nearest(np.empty(0, dtype=np.intp), cosines[:0])
    rows = np.argpartition(-cosines, k - 1)[:k]
    rows = rows[np.lexsort((rows, -cosines[rows]))]
    return Nearest(rows, np.clip(cosines[rows], -1, 1))
