"""The layers passed by, a small picture of each head."""

from __future__ import annotations

from attention_atlas.views.head_ladder.head_ladder import head_ladder

__all__ = ["head_ladder"]
