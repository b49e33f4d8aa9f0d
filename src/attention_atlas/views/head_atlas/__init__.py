"""All heads at a glance."""

from attention_atlas.views.head_atlas.head_atlas import head_atlas

__all__ = ["head_atlas"]
