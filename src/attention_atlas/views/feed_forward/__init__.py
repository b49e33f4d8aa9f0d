"""One token through the feed-forward network."""

from __future__ import annotations

from attention_atlas.views.feed_forward.feed_forward import feed_forward

__all__ = ["feed_forward"]
