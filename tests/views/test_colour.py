from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_atlas.views import colour
from attention_atlas.views.colour import Theme

COLOUR_MAPS_JS = Path(colour.__file__).parent / "shared" / "colour-maps.js"


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE L* of sRGB bytes (IEC 61966-2-1, CIE 1976)."""
    srgb = rgb / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def test_the_browser_has_the_same_maps() -> None:
    assert COLOUR_MAPS_JS.read_text(encoding="utf-8") == colour.javascript()


@pytest.mark.parametrize(("theme", "sign"), [("dark", 1), ("light", -1)])
def test_weights_read_the_same_in_greyscale(theme: Theme, sign: int) -> None:
    measured = lightness(colour.sequential(theme))
    assert (sign * np.diff(measured) > -0.4).all()  # a byte's rounding, no turn back
    assert sign * (measured[-1] - measured[0]) > 80


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_zero_is_the_ground_and_both_signs_leave_it_alike(theme: Theme) -> None:
    diverging = colour.diverging(theme)
    assert (diverging[127] == diverging[128]).all()
    away = np.abs(lightness(diverging) - lightness(diverging[[127]]))
    assert away[0] > 40
    assert away[-1] > 40
