"""How much of the input reaches a token through all layers."""

from __future__ import annotations

from attention_atlas.views.across.across import across

__all__ = ["across"]
