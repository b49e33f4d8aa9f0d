"""Predictions: what the masked-language-model head expects at the focused token."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.lens import lens_part
from attention_atlas.app.sections.masking import MOST, TOP_K, Masking, Reading
from attention_atlas.app.sections.step import explained, more, step, switch
from attention_atlas.app.sections.two_candidates import two_candidates_part
from attention_atlas.app.slots import fact, focused_token
from attention_atlas.app.state import State
from attention_atlas.views.lens import lens
from attention_atlas.views.picture import Picture
from attention_atlas.views.predictions import predictions
from attention_atlas.views.two_candidates import two_candidates

PYTHON = (
    "read = trace.hide([{token}])",
    "best = read.predictions(top_k=5, positions=[{token}])[0]",
    "read.lens({token})[-1].entropy",
)


@module.ui
def predictions_ui(below: Tag) -> Tag:
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
            tags.span(str(TOP_K), data_says="top_k"),
            " shown",
        ),
        head=TagList(switch("use_head", "Use MLM head for predictions", on=True), _how_many()),
        show=TagList(
            picture(module.resolve_id("picture"), "predictions"),
            _fold(),
            two_candidates_part(module.resolve_id("two_candidates")),
            lens_part(module.resolve_id("lens")),
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
    """How many words each list shows. Reported to the server as `top_k`."""
    return tags.label(
        "Top ",
        tags.span(
            tags.select(
                *(
                    tags.option(str(k), value=str(k), selected="" if k == TOP_K else None)
                    for k in range(1, MOST + 1)
                ),
                data_number="top_k",
                aria_label="Top k, how many predictions",
                autocomplete="off",
            ),
            class_="select bare",
        ),
        class_="how-many",
    )


@module.server
def predictions_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the bars, or the final hidden state when the head is off; the comparison; the lens."""
    masking = Masking(state)

    def depends() -> tuple[Reading]:
        return (masking.reading(),)

    def make_predictions(now: Reading) -> Picture:
        return predictions(
            now.trace,
            now.token,
            read=masking.read(now),
            use_head=now.use_head,
            top_k=now.top_k,
            follows=now.follows,
            of=now.of,
        )

    def make_two_candidates(now: Reading) -> Picture:
        read = masking.read(now)
        return two_candidates(
            now.trace, now.token, read=read, use_head=now.use_head, top_k=now.top_k
        )

    def make_lens(now: Reading) -> Picture:
        read = masking.read(now)
        return lens(now.trace, now.token, read=read, use_head=now.use_head, top_k=now.top_k)

    painter.draw(session.ns("picture"), depends, make_predictions)
    painter.draw(session.ns("two_candidates"), depends, make_two_candidates)
    painter.draw(session.ns("lens"), depends, make_lens)
