"""The document: the sidebar, the ribbon and tabs, and the places of the sections."""

from __future__ import annotations

from htmltools import HTML, Tag, tags
from shiny import ui

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.app.glossary import glossary_dialog, underlined
from attention_atlas.app.saving_dialog import saving_dialog
from attention_atlas.app.sections.across import across_ui
from attention_atlas.app.sections.add_norm import add_norm_ui
from attention_atlas.app.sections.atlas import atlas_ui
from attention_atlas.app.sections.dot_product import dot_product_ui
from attention_atlas.app.sections.embeddings import embeddings_ui
from attention_atlas.app.sections.explorer import explorer_ui
from attention_atlas.app.sections.feed_forward import feed_forward_ui
from attention_atlas.app.sections.first_visit import START_HEAD, START_LAYER, first_visit_ui
from attention_atlas.app.sections.heads_joined import heads_joined_ui
from attention_atlas.app.sections.heads_table import heads_table_ui
from attention_atlas.app.sections.masked_in_turn import masked_in_turn_ui
from attention_atlas.app.sections.metrics import metrics_ui
from attention_atlas.app.sections.passed_layers import passed_layers_ui
from attention_atlas.app.sections.predictions import predictions_ui
from attention_atlas.app.sections.projections import projections_ui
from attention_atlas.app.sections.stack import stack_ui
from attention_atlas.app.sections.tokens import tokens_ui
from attention_atlas.app.settings import Settings
from attention_atlas.app.sidebar import sidebar
from attention_atlas.version import __version__
from attention_atlas.views.steps.shown import measure_ui, units_ui
from attention_atlas.views.steps.slots import chosen_head, chosen_layer
from attention_atlas.views.steps.walk import walk, walk_head

STEPS = (
    ("tokens", "Tokens"),
    ("embeddings", "Embeddings"),
    ("qkv", "Q, K, V"),
    ("dot", "Attention"),
    ("joined", "Heads joined"),
    ("norm1", "Add & Norm"),
    ("ffn", "Feed-forward"),
    ("stack", "Stack"),
    ("predictions", "Predictions"),
)


STOPS = {
    "projections": "Q, K, V",
    "dot_product": "Attention",
    "heads_joined": "Heads joined",
    "add_norm_attention": "Add & Norm",
    "feed_forward": "Feed-forward",
    "add_norm_ffn": "Add & Norm",
}
"""The steps inside the chosen layer."""

SHINYS_SCRIPTS = '<meta name="shiny-dependency-placeholder" content="">'


def page(settings: Settings):
    """The whole document, for `App`."""
    return ui.page_html("<!DOCTYPE html>\n" + str(_document(settings)))


def _document(settings: Settings) -> Tag:
    return tags.html(
        tags.head(
            tags.meta(charset="utf-8"),
            HTML(SHINYS_SCRIPTS),
            tags.meta(name="viewport", content="width=device-width, initial-scale=1"),
            tags.meta(name="color-scheme", content="dark light"),
            tags.title("Attention Atlas"),
            tags.link(rel="icon", href="app/static/favicon.svg", type="image/svg+xml"),
            tags.link(rel="stylesheet", href="views/shared/theme.css"),
            tags.link(rel="stylesheet", href="views/shared/base.css"),
            tags.link(rel="stylesheet", href="views/shared/steps.css"),
            tags.link(rel="stylesheet", href="app/static/frame.css"),
            tags.link(rel="stylesheet", href="app/static/walk.css"),
            tags.link(rel="stylesheet", href="app/static/saving.css"),
            tags.link(rel="stylesheet", href="app/static/small-screens.css"),
            # The grid of the Attention tab, which two views share.
            tags.link(rel="stylesheet", href="views/attention_explorer/attention_explorer.css"),
            tags.script(src="app/static/main.js", type="module"),
        ),
        tags.body(
            tags.a("Skip to the content", href="#main", class_="skip"),
            tags.div(sidebar(settings), _main(), class_="shell"),
            glossary_dialog(),
            saving_dialog(),
            data_state="starting",
            data_version=__version__,
            data_server="" if settings.server else None,
            data_start_layer=str(START_LAYER),
            data_start_head=str(START_HEAD),
            data_tau=str(THRESHOLD),
            data_max_characters=str(settings.max_characters),
        ),
        lang="en",
        data_theme="dark",
    )


def _main() -> Tag:
    return tags.main(
        tags.div(class_="top-progress", aria_hidden="true", hidden=""),
        tags.div(class_="notices", role="status", aria_live="polite"),
        tags.header(
            tags.div(class_="ribbon", role="radiogroup", aria_label="Focused token"),
            tags.div(
                tags.div(
                    _tab("walk", "Walk", selected=True),
                    _tab("attention", "Attention", selected=False),
                    role="tablist",
                    aria_label="Views",
                ),
                tags.nav(
                    tags.ol(
                        *(tags.li(tags.a(text, href=f"#s-{anchor}")) for anchor, text in STEPS)
                    ),
                    class_="steps-nav",
                    aria_label="Steps of the walk",
                ),
                tags.button(
                    "Guided",
                    type="button",
                    class_="link",
                    id="guided",
                    title="One step at a time, large, with the arrow keys",
                ),
                tags.div(
                    units_ui(),
                    class_="stage-tools",
                    hidden="",
                ),
                class_="stage-row",
            ),
            class_="stage",
        ),
        _walk(),
        _attention(),
        _skeleton(),
        first_visit_ui("first_visit"),
        id="main",
        tabindex="-1",
    )


def _tab(name: str, text: str, *, selected: bool) -> Tag:
    return tags.button(
        text,
        role="tab",
        type="button",
        id=f"tab-{name}",
        aria_controls=name,
        aria_selected="true" if selected else "false",
        tabindex="0" if selected else "-1",
    )


def _walk() -> Tag:
    parts = {
        "tokens": tokens_ui("tokens"),
        "embeddings": embeddings_ui("embeddings"),
        "before": passed_layers_ui("before", "before"),
        "projections": projections_ui("projections"),
        "dot_product": dot_product_ui("dot_product"),
        "heads_joined": heads_joined_ui("heads_joined"),
        "add_norm_attention": add_norm_ui("add_norm_attention", "attention"),
        "feed_forward": feed_forward_ui("feed_forward"),
        "add_norm_ffn": add_norm_ui("add_norm_ffn", "ffn"),
        "after": passed_layers_ui("after", "after"),
        "stack": stack_ui("stack"),
        "predictions": predictions_ui("predictions", masked_in_turn_ui("masked_in_turn")),
    }
    for name, stop in STOPS.items():
        parts[name].attrs["data-map-step"] = stop  # on the map beside the walk (stack-map.js)
    return tags.section(
        walk_head(),
        tags.div(
            underlined(walk(parts)),
            tags.nav(class_="stack-map", aria_label="Where in the model"),
            class_="walk-and-map",
        ),
        class_="panel",
        id="walk",
        role="tabpanel",
        aria_labelledby="tab-walk",
    )


def _attention() -> Tag:
    return tags.section(
        tags.header(
            tags.h2("Layer ", chosen_layer(), ", head ", chosen_head()),
            measure_ui(),
            class_="tab-head with-tools",
        ),
        tags.div(atlas_ui("atlas"), explorer_ui("explorer"), class_="explore"),
        metrics_ui("metrics"),
        heads_table_ui("heads_table"),
        across_ui("across"),
        class_="panel",
        id="attention",
        role="tabpanel",
        aria_labelledby="tab-attention",
        hidden="",
    )


def _skeleton() -> Tag:
    def bars(*kinds: str) -> list[Tag]:
        return [tags.i(class_=f"sk sk-{kind}") for kind in kinds]

    def row(*picture: str, node: str = "") -> Tag:
        return tags.div(
            tags.i(class_=f"node {node}".strip()),
            tags.div(*bars("name", "words", "few")),
            tags.div(*bars(*picture)),
            class_="step",
        )

    return tags.section(
        tags.header(*bars("title", "lead"), class_="tab-head"),
        tags.div(
            row("strip", "line", "line", "line"),
            row(*["strip"] * 5, "picture", node="plus"),
            row("map"),
            class_="walk",
        ),
        class_="skeleton",
        aria_hidden="true",
    )
