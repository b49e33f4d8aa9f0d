"""The terms are underlined where they first stand, and nowhere else."""

from __future__ import annotations

import re

from htmltools import Tag, tags

from attention_atlas.app.glossary import TERMS, underlined
from attention_atlas.app.page import _walk


def marked(part: Tag) -> list[tuple[str, str]]:
    return [
        (match[1], match[2])
        for match in re.finditer(
            r'class="term" data-term="([^"]+)"[^>]*>\s*([^<]+?)\s*</button>', str(part)
        )
    ]


def test_a_term_is_marked_once_where_it_first_stands() -> None:
    part = tags.div(
        tags.h3("Softmax"),
        tags.p("The scores go through ", tags.b("softmax"), ", and softmax is Softmax."),
        tags.p("No score, no heads, one query."),
    )
    assert marked(underlined(part)) == [
        ("score", "scores"),
        ("softmax", "softmax"),
        ("head", "heads"),
        ("query", "query"),
    ]


def test_the_longer_term_wins_and_parts_of_words_do_not_count() -> None:
    part = underlined(tags.p("Special tokens and word pieces; a tokenizer, normal and heading."))
    assert marked(part) == [("special token", "Special tokens"), ("word piece", "word pieces")]


def test_the_text_stays_what_it_was() -> None:
    text = "A token's query meets every key <here> & there."
    part = underlined(tags.p(text))
    assert (
        "".join(
            str(child.children[0]) if isinstance(child, Tag) else str(child)
            for child in part.children
        )
        == text
    )


def test_definitions_are_one_line_and_the_walk_uses_most_terms() -> None:
    assert all(line.endswith(".") and len(line) <= 120 for line in TERMS.values())
    found = [term for term, _ in marked(_walk())]
    assert len(found) == len(set(found)) >= 12
