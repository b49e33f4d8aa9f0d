"""Type: which fonts a text is set in, what of it can be printed, and how wide it is.

Text is never read as mathematics, and what no font has is written as its code point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

_SANS = ("Liberation Sans", "Arimo", "Arial", "Helvetica Neue", "Noto Sans")
"""The first that is installed, as on the page; DejaVu, which comes with Matplotlib, otherwise."""
_DEJAVU, _DEJAVU_MONO = "DejaVu Sans", "DejaVu Sans Mono"
_UNFIT = ("lastresort", "last resort", "emoji", "color")
"""In the names of fonts whose glyphs are boxes or bitmaps."""
_IGNORABLE = {
    0x00AD,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    0xFEFF,
}
"""What has no shape of its own: joiners, direction marks, variation selectors."""
_MOST_LETTERS = 2000
"""More than any place in a figure has room for: one word may be a megabyte long, and setting type
takes its time."""
_TO_RIGHT, _FROM, _TO = "\u200e", "\u2066", "\u2069"
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def printable(text: str) -> str:
    """`text` with everything written out that cannot be drawn.

    A control character, a lone surrogate and a character that no installed font has become their
    code point, "U+1F600"; line breaks and tabs become spaces; what has no shape of its own (a
    variation selector) is dropped where no font knows it.
    """
    return "".join(_printable(letter) for letter in text)


def isolated(text: str) -> str:
    """`text` so that it does not turn its surroundings round, where it runs from right to left."""
    return f"{_FROM}{text}{_TO}" if runs_left(text) else text


def runs_left(text: str) -> bool:
    """Whether some of it runs from right to left."""
    return any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)


def set_text(text: str, *, mono: bool = False) -> tuple[str, tuple[str, ...]]:
    """What is given to Matplotlib for `text`, and the families it is set in.

    A text with letters from right to left begins with a mark: like on the page, "##" stays before
    the piece it belongs to, and a sentence in brackets keeps them.
    """
    fit = printable(text)
    if runs_left(fit):
        fit = _TO_RIGHT + fit
    return fit, families(fit, mono=mono)


def families(text: str, *, mono: bool = False) -> tuple[str, ...]:
    """The installed families that have the glyphs of `text` between them, the wanted one first."""
    base = (_DEJAVU_MONO, _DEJAVU) if mono else _sans()
    lacking = [letter for letter in text if not any(_has(name, letter) for name in base)]
    return (*base, *dict.fromkeys(filter(None, map(_elsewhere, lacking))))


def properties(text: str, size: float, *, mono: bool = False, bold: bool = False) -> FontProperties:
    """The Matplotlib font of a text."""
    from matplotlib.font_manager import FontProperties

    weight = "bold" if bold else "normal"
    return FontProperties(family=list(set_text(text, mono=mono)[1]), size=size, weight=weight)


def width_of(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """How wide a text is in print, in inches. `size` is in points."""
    fit, names = set_text(text, mono=mono)
    return _width(fit, names, size, bold)


def widest(texts: Iterable[str], size: float, *, mono: bool = False, bold: bool = False) -> float:
    """The width of the widest of some texts, in inches; 0 without one."""
    return max((width_of(text, size, mono=mono, bold=bold) for text in texts), default=0.0)


def cut(text: str, most: float, size: float, *, mono: bool = False, bold: bool = False) -> str:
    """`text`, cut with an ellipsis where it is wider than `most` inches."""
    whole = len(text) <= _MOST_LETTERS
    text = printable(text[:_MOST_LETTERS])
    if whole and width_of(text, size, mono=mono, bold=bold) <= most:
        return text
    low, high = 1, len(text)
    while low < high:  # the longest beginning that fits; one letter always stays
        middle = (low + high + 1) // 2
        fits = width_of(f"{text[:middle]}…", size, mono=mono, bold=bold) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    while low > 1 and unicodedata.combining(text[low]):  # a letter keeps its marks
        low -= 1
    return f"{text[:low]}…"


def wrapped(text: str, most: float, size: float) -> list[str]:
    """`text` in lines of at most `most` inches; a word that is longer than a line is broken."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split():
        tried = f"{line} {word}" if line else word
        if width_of(tried, size) <= most:
            line = tried
            continue
        if line:
            lines.append(line)
        while width_of(word, size) > most and len(word) > 1:
            part = cut(word, most, size)[:-1] or word[0]
            lines.append(part)
            word = word[len(part) :]
        line = word
    return [*lines, line] if line else lines


def family_of(letter: str, names: Iterable[str]) -> str | None:
    """The first of some families that has this letter; None if none has."""
    return next((name for name in names if _has(name, letter)), None)


@cache
def path_of(family: str, *, bold: bool = False) -> str:
    """The file of an installed family."""
    from matplotlib.font_manager import FontProperties, findfont

    wanted = FontProperties(family=[family], weight="bold" if bold else "normal")
    return findfont(wanted, fallback_to_default=False)


@lru_cache(maxsize=4096)
def _printable(letter: str) -> str:
    code = ord(letter)
    if letter in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    if unicodedata.category(letter) in ("Cc", "Cs"):
        return f"U+{code:04X}"
    if any(_has(name, letter) for name in (*_sans(), _DEJAVU_MONO)) or _elsewhere(letter):
        return letter
    return "" if code in _IGNORABLE else f"U+{code:04X}"


@cache
def _sans() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    found = next((name for name in _SANS if name in installed), None)
    return (_DEJAVU,) if found is None else (found, _DEJAVU)


@lru_cache(maxsize=16384)
def _has(family: str, letter: str) -> bool:
    return ord(letter) in _letters(path_of(family))


@cache
def _letters(path: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(path).get_charmap())


@lru_cache(maxsize=4096)
def _elsewhere(letter: str) -> str | None:
    """Another installed family that has this letter; the plainest of them."""
    return next((name for name in _others() if _has(name, letter)), None)


@cache
def _others() -> tuple[str, ...]:
    """The other families with scalable glyphs, Noto and sans first."""
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    plain = [
        font
        for font in fontManager.ttflist
        if (font.size, font.style, font.weight, font.stretch)
        in (("scalable", "normal", 400, "normal"), ("scalable", "normal", "normal", "normal"))
        and not any(bad in font.name.lower() for bad in _UNFIT)
    ]
    found = set()
    for font in plain:
        try:
            FT2Font(font.fname).get_charmap()
        except (OSError, RuntimeError, ValueError):
            continue
        found.add(font.name)
    return tuple(sorted(found, key=lambda name: ("Noto" not in name, "Sans" not in name, name)))


@lru_cache(maxsize=8192)
def _width(text: str, names: tuple[str, ...], size: float, bold: bool) -> float:
    from matplotlib.font_manager import get_font
    from matplotlib.ft2font import LoadFlags

    dpi = 1200
    font = get_font([path_of(name, bold=bold) for name in names])
    font.set_size(size, dpi)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return font.get_width_height()[0] / 64 / dpi
