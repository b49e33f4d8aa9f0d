"""Word + position + segment, and their LayerNorm."""

from __future__ import annotations

from attention_atlas.views.embeddings.embeddings import embeddings

__all__ = ["embeddings"]
