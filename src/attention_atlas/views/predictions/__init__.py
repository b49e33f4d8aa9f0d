"""Which words the model expects at one position."""

from __future__ import annotations

from attention_atlas.views.predictions.predictions import predictions

__all__ = ["predictions"]
