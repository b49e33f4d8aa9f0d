"""The numbers of all heads as atlas and table draw them; head_atlas/numbers.js in the browser."""

from __future__ import annotations

import math

import numpy as np

from attention_atlas.views.figures.numerals import measured, share, times


def span(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest of the finite values; both NaN without one."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (math.nan, math.nan)


def within(value: float, ends: tuple[float, float]) -> float:
    """Where a value lies between two ends, 0 to 1; in the middle where all are equal."""
    low, high = ends
    if not math.isfinite(value):
        return math.nan
    return (value - low) / (high - low) if high > low else 0.5


def flat(place: float) -> float:
    """Flat areas leave out the ends of the map: one looks like nothing, the other glares."""
    return 0.06 + 0.78 * place


def ranked(values: np.ndarray, first: str, belongs: np.ndarray | None = None) -> np.ndarray:
    """The heads that belong, in the order of their values; equal ones in that of the model.

    `first` is "highest" or "lowest". What is no number comes last.
    """
    known = np.where(np.isnan(values), np.inf, -values if first == "highest" else values)
    order = np.argsort(known, kind="stable")
    return order if belongs is None else order[belongs[order]]


def value_text(kind: str, value: float, told: str = "ratio") -> str:
    """One number of a head as it is read; `kind` is "metric", "role" or "distance"."""
    if kind == "role":
        return times(value) if told == "ratio" else share(value)
    return measured(value, 2 if kind == "distance" else 3)
