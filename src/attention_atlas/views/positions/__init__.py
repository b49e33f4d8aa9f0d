"""Learned positions beside sinusoids."""

from __future__ import annotations

from attention_atlas.views.positions.positions import position_tables, positions

__all__ = ["position_tables", "positions"]
