"""The vocabulary words nearest to a token."""

from __future__ import annotations

from attention_atlas.views.nearest_words.nearest_words import nearest_words

__all__ = ["nearest_words"]
