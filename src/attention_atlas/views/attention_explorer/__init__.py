"""The explorer of one layer's attention."""

from attention_atlas.views.attention_explorer.attention_explorer import attention_explorer

__all__ = ["attention_explorer"]
