"""Figures for papers: each view of a trace as SVG, PDF or PNG, and its numbers as CSV or npz."""
