"""The log of a run as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def draw_curve(log: Path, picture: Path) -> None:
    """Loss while training and on the held-out part, over the tokens seen."""
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    seen = [int(row["tokens"]) / 1e6 for row in rows]
    measured = [
        (million, float(row["held-out loss"]))
        for million, row in zip(seen, rows, strict=True)
        if row["held-out loss"]
    ]
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(seen, [float(row["loss"]) for row in rows], lw=0.8, label="while training")
    if measured:
        axes.plot(*zip(*measured, strict=True), "o-", ms=3, label="held-out paragraphs")
    axes.set(xlabel="tokens seen (millions)", ylabel="loss (nats)", ylim=(None, 8))
    axes.legend(frameon=False)
    figure.savefig(picture, dpi=150)
    plt.close(figure)
