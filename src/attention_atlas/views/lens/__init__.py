"""What each layer would predict if it were the last."""

from __future__ import annotations

from attention_atlas.views.lens.lens import lens

__all__ = ["lens"]
