"""Each word piece hidden in turn."""

from __future__ import annotations

from attention_atlas.views.masked_in_turn.masked_in_turn import masked_in_turn

__all__ = ["masked_in_turn"]
