"""A ViewFigure as bytes: SVG, PDF and PNG for print, CSV and npz for the numbers.

The same figure gives the same bytes each time: nothing holds a date.
"""

from __future__ import annotations

import io
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.whole_file import whole_file
from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.paper import GAP, MARGIN, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from attention_atlas.views.figures.view_figure import ViewFigure

Format = Literal["svg", "pdf", "png", "csv", "npz"]
FORMATS: tuple[Format, ...] = get_args(Format)
DPI = 300
"""Of a PNG."""
_VECTOR_DPI = 600
"""Of the images inside an SVG or a PDF: of maps with too many cells to be drawn one by one."""
_CAPTION = 6.5
_FILLED = 0.975
"""How much of the width a line of the caption may take: with a person's own settings of Matplotlib
letters can be a little wider than ours."""
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "attention-atlas",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "text.hinting": "no_hinting",  # letters stand where their widths say, at any resolution
    "hatch.linewidth": 0.6,
    "axes.unicode_minus": True,
}
_drawing = threading.Lock()
"""Matplotlib's settings are one for the whole process."""


def to_matplotlib(view: ViewFigure, paper: Paper, *, caption: bool = True) -> Figure:
    """The view as a Matplotlib figure of the paper's width, its caption below it.

    Raises:
        InvalidChoice: the view cannot be read at this width.
    """
    from matplotlib.figure import Figure

    height = view.height(paper)
    said = fonts.wrapped(view.caption, _FILLED * paper.width, _CAPTION) if caption else []
    below = frame.height_of(len(said), _CAPTION) + 2 * GAP if said else 0.0
    with _drawing, _settings():
        figure = Figure(figsize=(paper.sheet, height + below + 2 * MARGIN), dpi=DPI)
        figure.set_facecolor(paper.colours.ground)
        # Images merged into one would be drawn at the resolution of a screen.
        figure.suppressComposite = True
        rows = [MARGIN, height, below, MARGIN]
        columns = [MARGIN, paper.width, MARGIN]
        parts: Any = figure.subfigures(
            4, 3, height_ratios=rows, width_ratios=columns, hspace=0, wspace=0
        )
        for part in parts.flat:
            part.set_facecolor("none")
        view.paint(parts[1, 1], paper)
        ink = paper.colours.ink_2
        frame.lines(parts[2, 1], paper, 0.01, GAP, said, size=_CAPTION, colour=ink)
        return figure


def to_bytes(
    view: ViewFigure, format: str, paper: Paper, *, caption: bool = True, dpi: int = DPI
) -> bytes:
    """The view in one of `FORMATS`; `dpi` is of a PNG.

    Raises:
        InvalidChoice: there is no such format, or the view cannot be read at this width.
    """
    from attention_atlas.views.figures import tables

    if format not in FORMATS:
        raise InvalidChoice(
            f"A figure cannot be saved as {format!r}. Choose one of {', '.join(FORMATS)}."
        )
    if format == "csv":
        return tables.csv_of(view)
    if format == "npz":
        return tables.npz_of(view)
    figure = to_matplotlib(view, paper, caption=caption)
    return _printed(figure, view, format, dpi)


def save(view: ViewFigure, path: str | Path, paper: Paper, *, caption: bool = True) -> None:
    """Writes the view to a file whose suffix names the format, whole or not at all.

    Raises:
        InvalidChoice: the suffix names no format, the file cannot be written there, or the view
            cannot be read at this width.
    """
    path = Path(path)
    format = path.suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise InvalidChoice(
            f"The name {path.name!r} does not say what to write. Let it end with one of "
            f"{', '.join(f'.{one}' for one in FORMATS)}."
        )
    write_whole(to_bytes(view, format, paper, caption=caption), path)


def write_whole(data: bytes, path: Path) -> None:
    """Writes a file under another name first, so that it is there whole or not at all.

    Raises:
        InvalidChoice: the file cannot be written there.
    """
    try:
        with whole_file(path) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise InvalidChoice(
            f"{path} cannot be written ({error.strerror or error}). Choose a folder that is "
            "there, that you may write to, and that has room."
        ) from error


def _printed(figure: Figure, view: ViewFigure, format: str, dpi: int) -> bytes:
    from attention_atlas.views.figures import svg

    title, about = fonts.printable(view.title), fonts.printable(view.caption)
    metadata: dict[str, Any] = {
        "svg": {"Title": title, "Description": about, "Date": None, "Creator": "Attention Atlas"},
        "pdf": {
            "Title": title,
            "Subject": about,
            "Creator": "Attention Atlas",
            "CreationDate": None,
        },
        "png": {"Title": title, "Description": about, "Software": "Attention Atlas"},
    }[format]
    out = io.BytesIO()
    with _drawing, _settings():
        figure.savefig(
            out,
            format=format,
            dpi=dpi if format == "png" else _VECTOR_DPI,
            facecolor=figure.get_facecolor(),
            metadata=metadata,
        )
    return svg.with_fonts(out.getvalue()) if format == "svg" else out.getvalue()


def _settings() -> AbstractContextManager[None]:
    """Matplotlib's own settings and ours, so that nobody's style sheet changes a figure."""
    from matplotlib import rc_context, rcParamsDefault

    untouched = ("backend", "interactive", "toolbar", "webagg", "datapath")
    settings: dict[Any, Any] = {
        name: value for name, value in rcParamsDefault.items() if not name.startswith(untouched)
    }
    settings.update(_SETTINGS)
    return rc_context(settings)
