"""What came in + what was found, and its LayerNorm."""

from __future__ import annotations

from attention_atlas.views.add_norm.add_norm import add_norm

__all__ = ["add_norm"]
