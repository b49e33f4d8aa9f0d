"""Where one token looks."""

from attention_atlas.views.attention_reach.attention_reach import attention_reach

__all__ = ["attention_reach"]
