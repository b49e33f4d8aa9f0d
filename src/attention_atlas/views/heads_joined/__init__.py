"""The heads side by side, and what the output projection makes of them."""

from __future__ import annotations

from attention_atlas.views.heads_joined.heads_joined import heads_joined

__all__ = ["heads_joined"]
