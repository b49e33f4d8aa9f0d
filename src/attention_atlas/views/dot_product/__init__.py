"""Scaled dot-product attention of one token, with its numbers."""

from __future__ import annotations

from attention_atlas.views.dot_product.dot_product import dot_product

__all__ = ["dot_product"]
