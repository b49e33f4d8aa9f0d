"""The tokens of a sentence as points, layer after layer."""

from __future__ import annotations

from attention_atlas.views.token_map.token_map import token_map

__all__ = ["token_map"]
