"""The colour maps of Attention Atlas.

One sequential map for weights (plum, blue, teal, mint; lightness monotonic, so it survives
greyscale and colour-blind eyes) and one diverging map for signed numbers (blue, ground, amber),
each for the dark and for the light theme. They are splines through OKLab, spaced so that equal
steps look equally large. `shared/colour-maps.js` holds them for the browser;
`python -m attention_atlas.views.colour` writes that file anew, and a test holds the two together.

Source: Björn Ottosson, "A perceptual color space for image processing" (2020), for OKLab.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

Theme = Literal["dark", "light"]
Stop = tuple[float, float, float]
"""Lightness, chroma, hue in degrees."""

_SEQUENTIAL: dict[Theme, list[Stop]] = {
    "dark": [
        (0.205, 0.018, 322),
        (0.34, 0.075, 290),
        (0.50, 0.105, 255),
        (0.67, 0.105, 212),
        (0.83, 0.092, 178),
        (0.965, 0.05, 145),
    ],
    "light": [
        (0.955, 0.008, 330),
        (0.87, 0.055, 175),
        (0.73, 0.098, 205),
        (0.55, 0.112, 245),
        (0.38, 0.105, 285),
        (0.22, 0.06, 312),
    ],
}
_ZERO: dict[Theme, Stop] = {"dark": (0.235, 0.014, 322), "light": (0.955, 0.006, 330)}
_NEGATIVE: dict[Theme, list[Stop]] = {
    "dark": [(0.46, 0.105, 256), (0.78, 0.115, 245)],
    "light": [(0.74, 0.105, 250), (0.42, 0.135, 260)],
}
_POSITIVE: dict[Theme, list[Stop]] = {
    "dark": [(0.50, 0.095, 62), (0.83, 0.125, 75)],
    "light": [(0.80, 0.105, 68), (0.50, 0.125, 52)],
}
_DARK_SURROUND = 0.8
"""On a dark surface dark steps look smaller than they measure; this exponent gives them back."""


@cache
def sequential(theme: Theme) -> np.ndarray:
    """The map for weights, (256, 3) uint8, from 0 (the ground) to 1."""
    return _frozen(_ramp(_SEQUENTIAL[theme], 256, _DARK_SURROUND if theme == "dark" else 1.0))


@cache
def diverging(theme: Theme) -> np.ndarray:
    """The map for signed numbers, (256, 3) uint8: blue below, the ground at zero, amber above."""
    negative = _ramp([_ZERO[theme], *_NEGATIVE[theme]], 128)
    positive = _ramp([_ZERO[theme], *_POSITIVE[theme]], 128)
    return _frozen(np.concatenate([negative[::-1], positive]))


def javascript() -> str:
    """The text of `shared/colour-maps.js`."""
    lines = [
        "/** The colour maps, 256 × 3 bytes each, in hexadecimal. Written by views/colour.py. */",
        "export const MAPS = {",
    ]
    themes: tuple[Theme, ...] = ("dark", "light")
    for theme in themes:
        lines += [
            f"  {theme}: {{",
            f'    sequential: "{sequential(theme).tobytes().hex()}",',
            f'    diverging: "{diverging(theme).tobytes().hex()}",',
            "  },",
        ]
    return "\n".join([*lines, "};", ""])


def _ramp(stops: list[Stop], size: int, bend: float = 1.0) -> np.ndarray:
    lightness, chroma, hue = np.array(stops, dtype=np.float64).T
    radians = np.deg2rad(hue)
    points = np.stack([lightness, chroma * np.cos(radians), chroma * np.sin(radians)], axis=-1)
    fine = _spline(points, 2048)
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    wanted = travelled[-1] * np.linspace(0, 1, size) ** bend
    even = np.stack([np.interp(wanted, travelled, fine[:, axis]) for axis in range(3)], axis=-1)
    return np.rint(_oklab_to_srgb(even) * 255).astype(np.uint8)


def _spline(points: np.ndarray, steps: int) -> np.ndarray:
    """Catmull-Rom through the points, the ends repeated."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    position = np.linspace(0, len(points) - 1, steps + 1)
    index = np.minimum(position.astype(int), len(points) - 2)
    f = (position - index)[:, None]
    a, b, c, d = (padded[index + k] for k in range(4))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


def _oklab_to_srgb(lab: np.ndarray) -> np.ndarray:
    to_lms = np.array(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.291485548],
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.707614701],
        ]
    )
    linear = ((lab @ to_lms.T) ** 3) @ to_rgb.T
    encoded = 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    return np.clip(np.where(linear <= 0.0031308, 12.92 * linear, encoded), 0, 1)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


if __name__ == "__main__":
    (Path(__file__).parent / "shared" / "colour-maps.js").write_text(javascript(), encoding="utf-8")
