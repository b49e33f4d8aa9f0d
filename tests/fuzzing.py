"""What the fuzz tests feed: any Unicode, any number, any JSON; and how much of it.

`make test` runs some hundred examples of each. ATTENTION_ATLAS_FUZZ=100 runs a hundred times as
many, other ones each time:

    ATTENTION_ATLAS_FUZZ=100 make test TESTS=tests/fuzz
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TIMES = int(os.environ.get("ATTENTION_ATLAS_FUZZ", "1"))


def examples(count: int) -> settings:
    """So many examples, without a deadline: a busy machine is no mistake."""
    return settings(
        max_examples=count * TIMES,
        deadline=None,
        # The same examples each time in `make test`: what is found there is never a surprise.
        derandomize=TIMES == 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


ODD = (
    "\0", "\ud800", "\udfff", "\ufffd", "\uffff", "\ufdd0", "\U0010ffff", "\x1b[31m", "\x7f",
    "\u200b", "\u200d", "\ufeff", "\u2060", "\u00ad", "\u202e", "\u202d", "\u2066", "\u2069",
    "\u200f", "\u2028", "\u2029", "\x85", "\r\n", "\r", "\n", "\t", "\v", "\f", "\u00a0", "\u3000",
    "e\u0301", "\u0301\u0323", "\u1100\u1161\u11a8", "\u11a8", "\u3164", "각", "漢字", "שלום",
    "مرحبا", "İ", "ß", "ﬃ", "ﷺ", "Ǆ", "\u0345", "क्षि", "👩\u200d👩\u200d👧", "🇩🇪",
    "😀", "1\ufe0f\u20e3",
    "[MASK]", "[mask]", "[ MASK ]", "[MASK", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK][MASK]",
    "##able", "<script>alert(1)</script>", "</script>", "<!--", "]]>", "&lt;", "<b>",
    "'\"><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "$x^2$",
    "\\frac{1}{2}", "${7*7}", "%s%n", "../../etc/passwd", "CON", "nul.txt", "a" * 99, "b" * 101,
    "x" * 600, "a" + "\u0301" * 300, "the cat sat on the mat",
)  # fmt: skip
"""Pieces that something somewhere has stumbled over."""

LETTERS = st.characters(codec=None, exclude_categories=())
"""Any code point there is, halves of characters among them."""
TEXTS = st.one_of(
    st.lists(st.sampled_from(ODD) | st.sampled_from((" ", "the", "cat")), max_size=8).map("".join),
    st.lists(st.sampled_from(ODD), max_size=6).map(" ".join),
    st.text(LETTERS, max_size=40),
)
"""Any text that can be typed, pasted or sent."""

NUMBERS = st.one_of(
    st.sampled_from(
        (0, 1, -1, 2, 11, 12, 2**31, 2**53, 2**63, -(2**63), 10**400, True, False,
         0.0, -0.0, 0.01, 0.5, 1.0, 1.5, 5e-324, 1e-310, 1e308, -1e308,
         float("nan"), float("inf"), float("-inf"))
    ),
    st.integers(-3, 40),
    st.floats(),
)  # fmt: skip
"""Any number, and what Python takes for one."""

WORDS_OF_LOOKS = (
    "auto", "linear", "root", "log", "one", "several", "mean", "all", "AA", "AB", "BA", "BB",
    "ratio", "share", "frame", "tile", "layer", "head", "highest", "lowest", "from", "to", "token",
    "nothing", "entropy", "sparsity", "distance", "same word", "previous", "none", "weights",
    "scores", "norms", "difference", "svg", "csv", "png", "light", "dark", "attention-map",
)  # fmt: skip


def usually(right: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What is right, and one time in eight what may be anything."""
    return st.integers(0, 7).flatmap(lambda number: odd if number == 7 else right)


def json_values(leaves: int = 8) -> st.SearchStrategy[Any]:
    """Whatever a browser, or somebody who pretends to be one, can send."""
    plain = st.one_of(
        st.none(), st.booleans(), NUMBERS, TEXTS, st.sampled_from(WORDS_OF_LOOKS), st.just("")
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=leaves,
    )
