"""All heads in numbers."""

from attention_atlas.views.heads_table.heads_table import heads_table

__all__ = ["heads_table"]
