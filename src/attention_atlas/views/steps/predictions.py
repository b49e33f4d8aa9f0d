"""Predictions: what the masked-language-model head expects at the focused token."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.views.look import DEFAULT_LOOK, MOST_WORDS
from attention_atlas.views.steps.lens import lens_part
from attention_atlas.views.steps.slots import fact, focused_token
from attention_atlas.views.steps.step import Ids, explained, more, picture, step, switch
from attention_atlas.views.steps.two_candidates import two_candidates_part

PYTHON = (
    "read = trace.hide([{token}])",
    "best = read.predictions(top_k=5, positions=[{token}])[0]",
    "read.lens({token})[-1].entropy",
)


def predictions_step(id: Ids, below: Tag) -> Tag:
    """The last step: the likeliest words; `below` is each word masked in turn."""
    return step(
        "Predictions",
        "Hide ",
        focused_token(),
        " behind [MASK], run the model again, and read which words it expects there.",
        anchor="predictions",
        place="last",
        formula=explained("predictions"),
        shape=TagList(
            tags.b(fact("tokens", "token"), " × ", fact("vocabulary")),
            ", top ",
            tags.span(str(DEFAULT_LOOK.top_k), data_says="top_k"),
            " shown",
        ),
        head=TagList(switch("use_head", "Use MLM head for predictions", on=True), _how_many()),
        show=TagList(
            picture(id("picture"), "predictions", figure="predictions"),
            _fold(),
            two_candidates_part(id("two_candidates")),
            lens_part(id("lens")),
            below,
        ),
    )


def _fold() -> Tag:
    return more(
        "The head transforms the final vector of the token once more and compares the result "
        "with a row for each word of the vocabulary: the larger their dot product, the larger "
        "that word's logit z. The softmax takes the largest logit m off every one, so that no "
        "exponential overflows; that changes no probability. The entropy, −Σ p ln p, is 0 "
        "where one word is certain, and ln of the vocabulary's size where all are equally "
        "likely. Hide several words at once, and each is predicted without the others: the "
        "probabilities of two masks are not those of a pair of words.",
        python=PYTHON,
        formula=explained("probability", own=["vocabulary"]),
        source=(
            "Devlin et al., “BERT”, 2019, section 3.1 (masked LM); Shannon, “A Mathematical "
            "Theory of Communication”, 1948 (entropy)."
        ),
    )


def _how_many() -> Tag:
    """How many words each list shows: `top_k` of `Look`."""
    return tags.label(
        "Top ",
        tags.span(
            tags.select(
                *(
                    tags.option(
                        str(k), value=str(k), selected="" if k == DEFAULT_LOOK.top_k else None
                    )
                    for k in range(1, MOST_WORDS + 1)
                ),
                data_number="top_k",
                aria_label="Top k, how many predictions",
                autocomplete="off",
            ),
            class_="select bare",
        ),
        class_="how-many",
    )
