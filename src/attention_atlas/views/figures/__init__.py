"""Figures for papers: each view of a trace as SVG, PDF or PNG, and its numbers as CSV or npz."""

from attention_atlas.views.figures.font_cache import keep_quiet_about_the_cache

# Here, since any module of this package can be the one that imports Matplotlib first.
keep_quiet_about_the_cache()
