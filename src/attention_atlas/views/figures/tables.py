"""The numbers of a figure: CSV for a spreadsheet or a script, npz for NumPy."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from attention_atlas.views.figures.view_figure import Numbers, ViewFigure

RISKY = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
"""What a text begins with that a spreadsheet might run (in full width too, where one is set up for
Japanese), or that our own apostrophe looks like."""


def csv_of(view: ViewFigure) -> bytes:
    """All numbers of a figure, one line a value, UTF-8 (RFC 4180).

    Of several arrays the first column is `array`, the name of each. Then comes for each axis its
    name, with the index counted from 0, and, where the axis has labels, NAME.label: the word "the"
    may stand for two tokens, its index does not. The last column is `value`, with as many digits
    as read back as the same 32-bit float; NaN, inf and -inf stand for themselves.

    A label, or a value that is text, that a spreadsheet would take for a formula (it begins with
    = + - @, in full width too, a tab or a line break) has an apostrophe put before it, and so has
    one that begins with an apostrophe: who reads the file takes one leading apostrophe away, and
    has it as it was.
    """
    several = len(view.numbers) > 1
    names = list(dict.fromkeys(chain.from_iterable(one.axes for one in view.numbers.values())))
    labelled = {
        axis
        for one in view.numbers.values()
        for axis, labels in zip(one.axes, one.labels, strict=True)
        if labels is not None
    }
    header = ["array"] if several else []
    for name in names:
        header += [name, f"{name}.label"] if name in labelled else [name]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*header, "value"])
    for array, one in view.numbers.items():
        for row in _rows(one, names, labelled):
            writer.writerow([array, *row] if several else row)
    return out.getvalue().encode("utf-8", errors="replace")


def harmless(text: str) -> str:
    """A text that a spreadsheet shows instead of running it."""
    return f"'{text}" if text.startswith(RISKY) else text


def npz_of(view: ViewFigure) -> bytes:
    """All numbers of a figure as NumPy's npz, without pickles.

    Each array has its own name. NAME.axes holds the names of its axes, NAME.AXIS the labels along
    one that has labels, NAME.about what a value is. `caption` is an array of one string.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, one in view.numbers.items():
        arrays[name] = np.ascontiguousarray(one.values)
        arrays[f"{name}.axes"] = np.array(one.axes, dtype=np.str_)
        for axis, labels in zip(one.axes, one.labels, strict=True):
            if labels is not None:
                arrays[f"{name}.{axis}"] = np.array(list(labels), dtype=np.str_)
        if one.about:
            arrays[f"{name}.about"] = np.array([one.about])
    arrays["caption"] = np.array([view.caption])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            # Without a date of its own, so that the same numbers are the same file.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
    return out.getvalue()


def _rows(one: Numbers, names: list[str], labelled: set[str]) -> Iterator[list[str]]:
    labels = dict(zip(one.axes, one.labels, strict=True))
    fit = {
        axis: None if along is None else [harmless(label) for label in along]
        for axis, along in labels.items()
    }
    for index, value in zip(np.ndindex(one.values.shape), one.values.ravel(), strict=True):
        at = dict(zip(one.axes, index, strict=True))
        row = []
        for name in names:
            along = fit.get(name)
            row.append(str(at[name]) if name in at else "")
            if name in labelled:
                row.append(along[at[name]] if along is not None and name in at else "")
        yield [*row, harmless(value) if isinstance(value, str) else str(value)]
