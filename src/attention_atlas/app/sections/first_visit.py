"""What a first-time visitor sees: one real head, and sentences to begin with."""

from __future__ import annotations

from dataclasses import dataclass

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.exploring import explore
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.models.model import Model
from attention_atlas.views.arcs import arcs
from attention_atlas.views.steps.step import picture


@dataclass(frozen=True)
class Example:
    """A sentence that is worth a look, and the question it answers."""

    text: str
    question: str
    token: int
    pair: str = ""


EXAMPLES = (
    Example("the cat sat on the mat because it was tired", "Which head finds out what “it” is?", 8),
    Example(
        "she sat on the river bank while the bank counted its money",
        "One word, two meanings: where do the two vectors part?",
        6,
    ),
    Example(
        "how old are you?",
        "Two sentences: what crosses from segment A to B?",
        2,
        "what is your age?",
    ),
    Example("she drank a cup of [MASK].", "Which words fit behind [MASK], and why?", 6),
)
START_LAYER, START_HEAD = 3, 1
"""Where the embedded model's “it” finds “cat”; the head that the page opens on."""


@module.ui
def first_visit_ui() -> Tag:
    """The arcs and the examples."""
    return tags.section(
        picture(module.resolve_id("arcs"), "arcs"),
        tags.h2("Give the model a sentence", id="t-empty"),
        tags.p("Write one and choose Generate All, or begin with one of these."),
        tags.ol(*(tags.li(_example(example)) for example in EXAMPLES), class_="examples"),
        class_="empty",
        aria_labelledby="t-empty",
    )


def _example(example: Example) -> Tag:
    return tags.button(
        tags.span(example.text, tags.small(example.pair) if example.pair else None, class_="ex"),
        tags.span(example.question, class_="why"),
        tags.span("→", class_="arrow", aria_hidden="true"),
        type="button",
        data_example=example.text,
        data_example_pair=example.pair,
        data_example_token=str(example.token),
    )


@module.server
def first_visit_server(
    input: Inputs,
    output: Outputs,
    session: Session,
    state: State,
    painter: Painter,
    shared: Shared,
) -> None:
    """Draws one head of the model at hand over the first example, once the model is there.

    One pass is enough for all visitors of a model: they see the same.
    """
    made = shared.first_heads

    def run(model: Model) -> None:
        if model in made:
            return
        example = EXAMPLES[0]
        exploration = explore(model, example.text, None)
        layer = min(START_LAYER, model.layers - 1)
        head = min(START_HEAD, model.heads - 1)
        token = min(example.token, len(exploration.trace.tokens) - 1)
        made[model] = arcs(exploration.trace, layer, head, token)

    async def ready(model: Model) -> None:
        if model not in made:
            await painter.run_pass(model, run, model)

    painter.draw(
        session.ns("arcs"), lambda: (state.first_model(),), lambda model: made[model], first=ready
    )
