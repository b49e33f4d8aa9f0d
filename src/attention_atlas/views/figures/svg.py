"""Puts the fonts that an SVG is set in into it: of each face the glyphs that are used, as WOFF."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

from attention_atlas.views.figures import fonts

_TEXT = "{http://www.w3.org/2000/svg}text"
_FAMILIES = re.compile(r"'([^']+)'")


def with_fonts(svg: bytes) -> bytes:
    """`svg` as Matplotlib writes it with text as text, with its fonts inside.

    It then looks the same where none of them is installed, and its words can still be found,
    copied and changed.
    """
    used: dict[tuple[str, bool], set[str]] = {}
    for node in ElementTree.fromstring(svg).iter(
        _TEXT
    ):  # our own bytes, so there is no DTD to fear
        style = node.get("style", "")
        bold = bool(re.search(r"\b(bold|700)\b", style))
        families = _FAMILIES.findall(style)
        for letter in "".join(node.itertext()):
            family = fonts.family_of(letter, families)
            if family:
                used.setdefault((family, bold), set()).add(letter)
    rules = "".join(
        _face(family, bold, letters) for (family, bold), letters in sorted(used.items())
    )
    if not rules:
        return svg
    place = svg.index(b">", svg.index(b"<svg")) + 1
    style = f'\n <style type="text/css">{rules}</style>'.encode()
    return svg[:place] + style + svg[place:]


def _face(family: str, bold: bool, letters: set[str]) -> str:
    data = base64.b64encode(_subset(fonts.path_of(family, bold=bold), letters)).decode("ascii")
    return (
        f"@font-face{{font-family:'{family}';font-weight:{'bold' if bold else 'normal'};"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


def _subset(path: str, letters: set[str]) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(
        layout_features=["*"], notdef_outline=True, name_IDs=[0, 1, 2, 13, 14], hinting=False
    )
    options.drop_tables += ["FFTM"]
    font = TTFont(path, recalcTimestamp=False, fontNumber=0)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(letter) for letter in sorted(letters)])
    subsetter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    font.close()
    return out.getvalue()
