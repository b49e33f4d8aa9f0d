"""All layers for one token, a line each."""

from __future__ import annotations

from attention_atlas.views.layer_stack.layer_stack import layer_stack

__all__ = ["layer_stack"]
