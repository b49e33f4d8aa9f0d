"""The attention flow of a head."""

from attention_atlas.views.flow.flow import flow

__all__ = ["flow"]
