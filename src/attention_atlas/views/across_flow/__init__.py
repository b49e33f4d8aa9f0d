"""Rollout, maximum flow and raw attention of the last layer, side by side."""

from __future__ import annotations

from attention_atlas.views.across_flow.across_flow import across_flow

__all__ = ["across_flow"]
