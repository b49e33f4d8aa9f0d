from __future__ import annotations

import pytest
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from attention_atlas.views.figures import fonts

HOSTILE = [
    "$x$", "a_b^c", "\\alpha", "</script>", "##שלום", "مرحبا", "中文", "😀", "e\u0301", "a\x00b",
    "\ud800", "\u200d", "x\ufe0f", "\U0010fffd", "a\nb\tc", "\u202ereversed", "%", "{}", "&amp;",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("mono", [True, False])
def test_every_letter_that_is_printed_has_a_glyph(text: str, mono: bool):
    fit, names = fonts.set_text(text, mono=mono)
    paths = [findfont(FontProperties(family=[name])) for name in names]
    letters = [set(FT2Font(path).get_charmap()) for path in paths]
    for letter in fit:
        assert any(ord(letter) in known for known in letters), (letter, names)


def test_what_cannot_be_printed_is_written_as_its_code_point():
    assert fonts.printable("a\x00b") == "aU+0000b"
    assert fonts.printable("\ud800") == "U+D800"
    assert fonts.printable("\U0010fffd") == "U+10FFFD"
    assert fonts.printable("a\nb\tc") == "a b c"
    assert fonts.printable("plain ##able [CLS] …") == "plain ##able [CLS] …"


def test_a_text_from_right_to_left_keeps_what_stands_before_it():
    assert fonts.set_text("##שלום")[0] == "\u200e##שלום"
    assert fonts.set_text("##able")[0] == "##able"
    assert fonts.isolated("שלום") == "\u2066שלום\u2069"
    assert fonts.isolated("able") == "able"


def test_widths_are_those_of_the_font():
    font = FT2Font(findfont(FontProperties(family=["DejaVu Sans Mono"])))
    font.set_size(1000, 72)
    glyph = font.load_char(ord("x"))
    advance = glyph.linearHoriAdvance / 65536 / 1000
    assert fonts.width_of("x" * 40, 7, mono=True) * 72 / 7 == pytest.approx(40 * advance, rel=0.02)
    assert fonts.width_of("word", 14) == pytest.approx(2 * fonts.width_of("word", 7), rel=0.01)
    assert fonts.width_of("word", 7, bold=True) > fonts.width_of("word", 7)


def test_a_text_is_cut_to_its_room_and_no_further():
    whole = "incomprehensibilities"
    short = fonts.cut(whole, 0.5, 7, mono=True)
    assert short.endswith("…")
    assert whole.startswith(short[:-1])
    assert fonts.width_of(short, 7, mono=True) <= 0.5
    longer = whole[: len(short)] + "…"
    assert fonts.width_of(longer, 7, mono=True) > 0.5
    assert fonts.cut("mat", 0.5, 7, mono=True) == "mat"
    assert fonts.cut("mat", 0.0, 7) == "m…"


def test_lines_are_wrapped_and_lose_nothing():
    text = "the cat sat on the mat and looked at incomprehensibilitiesincomprehensibilities"
    lines = fonts.wrapped(text, 1.0, 7)
    assert max(fonts.width_of(line, 7) for line in lines) <= 1.0
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert fonts.wrapped("", 1.0, 7) == []
