"""Query, key and value of one head."""

from __future__ import annotations

from attention_atlas.views.projections.projections import projections

__all__ = ["projections"]
