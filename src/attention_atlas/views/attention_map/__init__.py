"""The attention map of one head."""

from attention_atlas.views.attention_map.attention_map import attention_map

__all__ = ["attention_map"]
