"""The six metrics of one head."""

from attention_atlas.views.metric_cards.metric_cards import metric_cards

__all__ = ["metric_cards"]
