"""The pictures of a board, each from its subject and what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attention_atlas.views.across import across
from attention_atlas.views.across_flow import across_flow
from attention_atlas.views.add_norm import add_norm
from attention_atlas.views.attention_explorer import attention_explorer
from attention_atlas.views.attention_explorer.sending import heads_sent
from attention_atlas.views.board.subject import Subject
from attention_atlas.views.dot_product import dot_product
from attention_atlas.views.embeddings import embeddings
from attention_atlas.views.feed_forward import feed_forward
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.head_atlas import head_atlas
from attention_atlas.views.head_ladder import head_ladder
from attention_atlas.views.heads_joined import heads_joined
from attention_atlas.views.heads_table import heads_table
from attention_atlas.views.layer_stack import layer_stack
from attention_atlas.views.lens import lens
from attention_atlas.views.masked_in_turn.masked_in_turn import (
    MOST_GUESSES,
    masked_in_turn,
    words_to_mask,
)
from attention_atlas.views.metric_cards import metric_cards
from attention_atlas.views.metric_cards.over import threshold_text
from attention_atlas.views.nearest_words import nearest_words
from attention_atlas.views.picture import Picture
from attention_atlas.views.positions import positions
from attention_atlas.views.predictions import predictions
from attention_atlas.views.projections import projections
from attention_atlas.views.token_map import token_map
from attention_atlas.views.token_table import token_table
from attention_atlas.views.two_candidates import two_candidates
from attention_atlas.views.weights import Shown, attention_picture, units

Make = Callable[[Subject, Chosen], Picture]
Heads = Callable[[Subject, Chosen], tuple[int, ...] | None]


def heads_drawn(subject: Subject, chosen: Chosen) -> tuple[int, ...] | None:
    """All heads of the layer, or of a long text those that are drawn."""
    return heads_sent(subject.trace, chosen.shown, chosen.look, chosen.head)


def whole_layer(subject: Subject, chosen: Chosen) -> None:
    """All heads of the layer, however long the text is."""


def one_head(subject: Subject, chosen: Chosen) -> tuple[int, ...]:
    """The chosen head alone."""
    return (chosen.head,)


def of_text(view: Callable[..., Picture]) -> Make:
    """A picture of the whole text."""
    return lambda subject, chosen: view(subject.trace)


def of_token(view: Callable[..., Picture]) -> Make:
    """A picture of the followed token."""
    return lambda subject, chosen: view(subject.trace, subject.followed(chosen))


def of_layer(view: Callable[..., Picture], **options: object) -> Make:
    """A picture of the followed token in the chosen layer."""
    return lambda subject, chosen: view(
        subject.trace, chosen.layer, subject.followed(chosen), **options
    )


def of_prediction(view: Callable[..., Picture]) -> Make:
    """A picture of what is predicted for the followed token."""

    def make(subject: Subject, chosen: Chosen) -> Picture:
        look = chosen.look
        return view(
            subject.trace,
            subject.followed(chosen),
            read=subject.read(chosen),
            use_head=look.use_head,
            top_k=look.top_k,
            **({"follows": look.hidden is None} if view is predictions else {}),
        )

    return make


def of_heads(
    view: Literal["attention_explorer", "heatmap", "flow"], heads: Heads = heads_drawn
) -> Make:
    """A picture of the heads of the chosen layer; `heads` says which of them are sent."""

    def make(subject: Subject, chosen: Chosen) -> Picture:
        trace, shown, sent = subject.trace, chosen.shown, heads(subject, chosen)
        if view == "attention_explorer":
            return attention_explorer(trace, chosen.layer, sent, shown)
        return attention_picture(view, trace, chosen.layer, sent, shown)

    return make


def of_all_heads(view: Callable[..., Picture]) -> Make:
    """A picture of all heads of the model."""

    def make(subject: Subject, chosen: Chosen) -> Picture:
        summary = subject.summary(chosen)
        size = len(units(subject.trace, chosen.shown))
        unit = "word" if chosen.shown.words else "token"
        return view(summary, unit=unit, tau=threshold_text(chosen.tau, size))

    return make


def atlas(subject: Subject, chosen: Chosen) -> Picture:
    """All heads at a glance."""
    return of_all_heads(head_atlas)(subject, chosen)


def table(subject: Subject, chosen: Chosen) -> Picture:
    """All heads in numbers."""
    return of_all_heads(heads_table)(subject, chosen)


def metrics(subject: Subject, chosen: Chosen) -> Picture:
    """The six metrics of the chosen head."""
    shown = chosen.shown
    return metric_cards(
        subject.summary(chosen),
        0,
        0,
        len(units(subject.trace, shown)),
        tau=chosen.tau,
        keep_special=shown.keep_special,
        words=shown.words,
    )


def ladder(part: Literal["before", "after"]) -> Make:
    """The layers that the walk passes by."""
    return lambda subject, chosen: head_ladder(subject.summary(Chosen()), part=part)


def projected(subject: Subject, chosen: Chosen) -> Picture:
    """Q, K and V of the chosen head, or of the followed token in all heads."""
    if chosen.look.projected == "token":
        return projections(subject.trace, chosen.layer, head=None, token=subject.followed(chosen))
    return projections(subject.trace, chosen.layer, head=chosen.head, token=None)


def scaled_dot_product(subject: Subject, chosen: Chosen) -> Picture:
    """One row of the attention, step by step."""
    return dot_product(subject.trace, chosen.layer, chosen.head, subject.followed(chosen))


def across_layers(view: Callable[..., Picture]) -> Make:
    """Rollout or maximum flow, from or to the followed token; of the weights, as both are."""

    def make(subject: Subject, chosen: Chosen) -> Picture:
        shown = Shown(keep_special=chosen.shown.keep_special, words=chosen.shown.words)
        return view(subject.trace, subject.followed(chosen), shown, chosen.look.direction)

    return make


def masked(subject: Subject, chosen: Chosen) -> Picture:
    """Each word hidden in turn: a pass for each."""
    from attention_atlas.tracing.distributions import distributions

    words = words_to_mask(subject.trace)
    found = distributions(subject.trace, top_k=MOST_GUESSES, masked=True, positions=words)
    top_k = min(chosen.look.top_k, MOST_GUESSES)
    return masked_in_turn(subject.trace, tuple(found), tuple(words), top_k=top_k)


rollout = across_layers(across)
maximum_flow = across_layers(across_flow)
tokens = of_text(token_table)
map_of_tokens = of_text(token_map)
map_of_positions = of_text(positions)
sum_of_embeddings = of_token(embeddings)
nearest = of_token(nearest_words)
joined = of_layer(heads_joined)
norm_of_attention = of_layer(add_norm, part="attention")
norm_of_ffn = of_layer(add_norm, part="ffn")
neurons = of_layer(feed_forward)
stack = of_token(layer_stack)
predicted = of_prediction(predictions)
compared = of_prediction(two_candidates)
through_the_lens = of_prediction(lens)
