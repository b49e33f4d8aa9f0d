"""Word + position + segment, and their LayerNorm."""

from __future__ import annotations

from attention_atlas.views.embeddings.embeddings import all_embeddings, embeddings

__all__ = ["all_embeddings", "embeddings"]
