"""Pictures of a trace: widgets for a notebook, figures for a paper, one file to hand out.

    aa.views.attention_atlas(trace)
    aa.views.figure("attention-map", trace, layer=3, head=1).save("head.svg")

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attention_atlas.views.exporting import export
    from attention_atlas.views.figures.making import figure
    from attention_atlas.views.look import Look
    from attention_atlas.views.weights import Shown
    from attention_atlas.views.widgets import (
        attention_atlas,
        attention_flow,
        attention_map,
        link,
        walk,
    )

__all__ = [
    "Look",
    "Shown",
    "attention_atlas",
    "attention_flow",
    "attention_map",
    "export",
    "figure",
    "link",
    "walk",
]

_WIDGETS = "attention_atlas.views.widgets"
_HOME = {
    "Look": "attention_atlas.views.look",
    "Shown": "attention_atlas.views.weights",
    "attention_atlas": _WIDGETS,
    "attention_flow": _WIDGETS,
    "attention_map": _WIDGETS,
    "export": "attention_atlas.views.exporting",
    "figure": "attention_atlas.views.figures.making",
    "link": _WIDGETS,
    "walk": _WIDGETS,
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'attention_atlas.views' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
