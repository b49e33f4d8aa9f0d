"""Builds the Shiny application out of page, state and sections."""

from __future__ import annotations

import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from shiny import App, Inputs, Outputs, Session, reactive

from attention_atlas.app import logs, metering
from attention_atlas.app.choosing import Chooser
from attention_atlas.app.drawing import Painter
from attention_atlas.app.generating import Generator
from attention_atlas.app.giving_back import GivingBack
from attention_atlas.app.guard import guard
from attention_atlas.app.health import serve_health
from attention_atlas.app.page import page
from attention_atlas.app.rooms import Rooms
from attention_atlas.app.saved_file import serve_saved_files
from attention_atlas.app.sections.across import across_server
from attention_atlas.app.sections.add_norm import add_norm_server
from attention_atlas.app.sections.atlas import atlas_server
from attention_atlas.app.sections.dot_product import dot_product_server
from attention_atlas.app.sections.embeddings import embeddings_server
from attention_atlas.app.sections.explorer import explorer_server
from attention_atlas.app.sections.feed_forward import feed_forward_server
from attention_atlas.app.sections.first_visit import first_visit_server
from attention_atlas.app.sections.heads_joined import heads_joined_server
from attention_atlas.app.sections.heads_table import heads_table_server
from attention_atlas.app.sections.masked_in_turn import masked_in_turn_server
from attention_atlas.app.sections.metrics import metrics_server
from attention_atlas.app.sections.passed_layers import passed_layers_server
from attention_atlas.app.sections.predictions import predictions_server
from attention_atlas.app.sections.projections import projections_server
from attention_atlas.app.sections.saving import saving_server
from attention_atlas.app.sections.stack import stack_server
from attention_atlas.app.sections.tokens import tokens_server
from attention_atlas.app.settings import Settings
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.app.static_files import serve_static_files
from attention_atlas.app.summaries import keep_other_summary


def create_app(settings: Settings | None = None, rooms: Rooms | None = None) -> App:
    """The application, as `settings` say; without any, for one person on this machine.

    Nothing is loaded yet: the page answers at once, and the models load in threads from the
    first session on, the embedded one first. Who gives `rooms` can have them loaded earlier.
    """
    return build(Shared(settings or Settings(), rooms))


def build(shared: Shared) -> App:
    """The application of which `shared` is what its sessions share; it ends that at its own end."""
    settings = shared.settings
    _trace_nothing()
    giving_back = GivingBack()

    def server(input: Inputs, output: Outputs, session: Session) -> None:
        metering.session_began()
        logs.began(session)
        session.on_ended(metering.session_ended)
        state = State(input)
        painter = Painter(session, state, shared)
        chooser = Chooser(input, session, state, shared)
        Generator(input, session, state, shared, chooser.room)
        keep_other_summary(session, state, shared)

        first_visit_server("first_visit", state, painter, shared)
        tokens_server("tokens", state, painter)
        embeddings_server("embeddings", state, painter)
        passed_layers_server("before", state, painter, "before")
        projections_server("projections", state, painter)
        dot_product_server("dot_product", state, painter)
        heads_joined_server("heads_joined", state, painter)
        add_norm_server("add_norm_attention", state, painter, "attention")
        feed_forward_server("feed_forward", state, painter)
        add_norm_server("add_norm_ffn", state, painter, "ffn")
        passed_layers_server("after", state, painter, "after")
        stack_server("stack", state, painter)
        predictions_server("predictions", state, painter)
        masked_in_turn_server("masked_in_turn", state, shared)
        atlas_server("atlas", state, painter)
        explorer_server("explorer", state, painter)
        metrics_server("metrics", state, painter)
        heads_table_server("heads_table", state, painter)
        across_server("across", state, painter)
        saving_server(input, session, state, shared)
        _answer_alive(input, session)
        session.on_ended(giving_back.soon)

    app = App(page(settings), server, test_mode=False)
    app.on_shutdown(shared.close)
    package = Path(str(files("attention_atlas")))
    serve_static_files(app, package / "app" / "static", package / "views")
    serve_saved_files(app, shared.saved)
    serve_health(app, shared)
    guard(app, settings, shared.limits)
    return app


def _answer_alive(input: Inputs, session: Session) -> None:
    """A page that has slept asks whether anybody is still there."""

    @reactive.effect
    @reactive.event(input.alive)
    async def _() -> None:
        await session.send_custom_message("aa-alive", {})


def _trace_nothing() -> None:
    """Without OpenTelemetry's SDK, Shiny looks for it on the disk at every update of a value.

    With many sessions that is a fifth of all the work; that it is not there is said here once.
    """
    if "opentelemetry.sdk" not in sys.modules and find_spec("opentelemetry.sdk") is None:
        sys.modules["opentelemetry.sdk"] = None  # pyright: ignore[reportArgumentType]
