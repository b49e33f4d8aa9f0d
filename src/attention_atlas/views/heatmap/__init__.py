"""The attention map of one head."""

from attention_atlas.views.heatmap.heatmap import heatmap

__all__ = ["heatmap"]
