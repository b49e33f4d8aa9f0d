"""The arcs of one head."""

from attention_atlas.views.arcs.arcs import arcs

__all__ = ["arcs"]
