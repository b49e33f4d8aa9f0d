"""Learned positions beside sinusoids."""

from __future__ import annotations

from attention_atlas.views.positions.positions import positions

__all__ = ["positions"]
