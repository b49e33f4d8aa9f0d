"""The tokens as a table."""

from __future__ import annotations

from attention_atlas.views.token_table.token_table import token_table

__all__ = ["token_table"]
