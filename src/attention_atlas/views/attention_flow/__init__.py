"""The attention flow of a head."""

from attention_atlas.views.attention_flow.attention_flow import attention_flow

__all__ = ["attention_flow"]
