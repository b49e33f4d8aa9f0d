"""The field's terms, each with one line, and where they are underlined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from htmltools import Tag, TagList, tags

TERMS: dict[str, str] = {
    "token": "One piece of the input as the model reads it: a word, a part of one, or a sign.",
    "word piece": "A word or a part of one from the model's fixed list; ## marks a continuation.",
    "special token": "A token with a job, not a meaning: [CLS] opens, [SEP] ends, [MASK] hides.",
    "vocabulary": "The fixed list of word pieces the model knows, each with a number, its id.",
    "embedding": "The learned vector a token, a position or a segment starts with.",
    "segment": "Which of the two sentences of a pair a token is in: A or B.",
    "LayerNorm": "Takes the mean off a vector, divides by its spread, then scales and shifts each "
    "dimension as learned.",
    "hidden state": "A token's vector between two layers.",
    "dimension": "One of the numbers that make up a vector.",
    "head": "One of several attentions that work side by side in a layer, each with its own "
    "weights.",
    "query": "What a token looks for in the others, as a vector of one head.",
    "key": "What a token offers to be found by, as a vector of one head.",
    "value": "What a token hands over where it is attended to, as a vector of one head.",
    "dot product": "Two vectors multiplied dimension by dimension and summed: large where they "
    "point the same way.",
    "softmax": "Turns scores into positive shares that sum to 1; the largest score gets the most.",
    "score": "How well a query matches a key, before softmax turns scores into shares.",
    "context": "The values of all tokens, mixed in the shares that attention gives.",
    "residual": "The path that carries what came in past a step, to be added to what the step "
    "found.",
    "layer": "One round of attention and feed-forward, with weights of its own.",
    "activation": "The bent curve that each neuron's sum is put through.",
    "neuron": "One unit of the feed-forward network's wide middle.",
    "masked language model": "A model trained to guess hidden words from those around them.",
    "logit": "The score of a word before softmax turns scores into probabilities.",
    "entropy": "How spread out a distribution is: 0 if one thing is certain, more the more "
    "even it is.",
    "cosine": "How far two vectors point the same way: 1 the same, 0 at right angles, −1 opposite.",
    "norm": "The length of a vector: the root of its squares' sum.",
}

_FORMS = {
    "word piece": r"word pieces?|pieces?(?= of a word)",
    "head": r"heads?",
    "query": r"quer(?:y|ies)",
    "entropy": r"entropy",
    "softmax": r"softmax",
    "vocabulary": r"vocabulary",
    "context": r"contexts?(?: vectors?)?",
}


def underlined(part: Tag) -> Tag:
    """`part` with each term made a button where it first stands in a paragraph.

    Only text directly in a `p` is looked at, in the order of the page, and not in folds, which
    are closed when the page is read first.
    """
    left = dict(TERMS)
    _underline(part, left)
    return part


def _underline(part: Tag, left: dict[str, str]) -> None:
    children = list(part.children)
    if part.name == "details":
        return
    if part.name == "p" and "shape" not in str(part.attrs.get("class", "")):
        children = [
            piece
            for child in children
            for piece in (_pieces(child, left) if isinstance(child, str) else [child])
        ]
        part.children = TagList(*children)
    for child in children:
        if isinstance(child, Tag):
            _underline(child, left)


def _pieces(text: str, left: dict[str, str]) -> Iterator[str | Tag]:
    at = 0
    while left:
        found = _pattern(left).search(text, at)
        if found is None:
            break
        term = next(name for name in left if _pattern([name]).fullmatch(found[0]))
        yield text[at : found.start()]
        yield _button(found[0], term, left.pop(term))
        at = found.end()
    yield text[at:]


def _pattern(terms: dict[str, str] | list[str]) -> re.Pattern[str]:
    # The longest first, so that "word piece" is not read as "piece".
    forms = [
        _FORMS.get(term, re.escape(term) + "s?") for term in sorted(terms, key=len, reverse=True)
    ]
    return re.compile(rf"\b(?:{'|'.join(forms)})\b", re.IGNORECASE)


def _button(text: str, term: str, definition: str) -> Tag:
    return tags.button(
        text, type="button", class_="term", data_term=term, data_definition=definition
    )


def glossary_dialog() -> Tag:
    """All terms in a dialog that opens from the sidebar."""
    return tags.dialog(
        tags.h2("Glossary", id="glossary-title"),
        tags.button("✕", type="button", class_="close", aria_label="Close"),
        tags.dl(
            *(
                tags.div(tags.dt(term), tags.dd(definition))
                for term, definition in sorted(TERMS.items(), key=lambda item: item[0].lower())
            )
        ),
        class_="about-dialog glossary",
        id="glossary",
        aria_labelledby="glossary-title",
    )
