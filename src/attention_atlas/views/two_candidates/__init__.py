"""Two candidates, and the dimensions that decide between them."""

from __future__ import annotations

from attention_atlas.views.two_candidates.two_candidates import two_candidates

__all__ = ["two_candidates"]
