"""Query, key and value on paper: of one head for all tokens, or of one token in all heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.figures.blocks import Beside, Block, Run, heading, token
from attention_atlas.views.figures.matrix import Matrix, room_for, row_height
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.strips import Legend, top98
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, many, most_of, names, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_DOES = {"query": ("Q", "looks for"), "key": ("K", "offers"), "value": ("V", "hands over")}


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The three matrices with the length of each row, as `look.projected` says.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    chosen, index = followed(trace, chosen)
    seen = trace.layers[chosen.layer]
    of_head = chosen.look.projected == "head"
    place = (chosen.head,) if of_head else (slice(None), index)
    tensors: dict[str, np.ndarray] = {name: getattr(seen, name)[place] for name in _DOES}
    labels = names(trace) if of_head else tuple(f"head {h + 1}" for h in range(trace.model.heads))
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = {
            name: np.sqrt(np.square(tensor.astype(np.float64)).sum(axis=-1)).astype(np.float32)
            for name, tensor in tensors.items()
        }
    high = top98(*tensors.values())
    longest = most_of(np.stack(list(lengths.values())))
    size = tensors["query"].shape[1]
    mark = index if of_head else chosen.head
    own = trace.tokens[index].text

    def blocks(paper: Paper) -> list[Block]:
        room = room_for(labels)
        row = row_height(len(labels), room=2.6 if paper.columns == 2 else 1.9)
        matrices = []
        for name, (letter, does) in _DOES.items():
            beside = paper.columns == 2 and matrices
            matrices.append(
                Matrix(
                    tensors[name], high, row,
                    [Run(f"{letter} ", "ink", bold=True), Run(does)],
                    [Run(f"‖{letter.lower()}‖", "ink_3", size=SMALL)],
                    labels=None if beside else labels, label_room=room, mark=mark,
                    lengths=lengths[name], longest=longest, name=name,
                )
            )  # fmt: skip
        three: list[Block] = list(matrices)
        if paper.columns == 2:
            each = (paper.width - room - 2 * 0.16) / 3
            three = [Beside(matrices, [each + room, each, each], gap=0.16)]
        n = len(trace.tokens)
        told = (
            f"{many(n, 'token')} × {size}"
            if of_head
            else f"{many(trace.model.heads, 'head')} × {size}"
        )
        return [
            heading("Query, key, value", Run(told, "ink_3", mono=True)),
            *three,
            Legend(high, _whose(chosen, of_head, size, trace.model.heads, own)),
        ]

    axis = "token" if of_head else "head"
    numbers = {
        name: Numbers(
            tensor, (axis, "dimension"), (labels, None),
            f"The {name}s of layer {chosen.layer + 1}, counted from 1.",
        )
        for name, tensor in tensors.items()
    } | {
        f"{name}_length": Numbers(length, (axis,), (labels,), f"The L2 norm of each {name}.")
        for name, length in lengths.items()
    }  # fmt: skip
    return walked(
        "projections", trace, chosen, numbers, blocks, layer=True, head=of_head,
        said=() if of_head else ("all heads of one token",),
    )  # fmt: skip


def _whose(chosen: Chosen, of_head: bool, size: int, heads: int, own: str) -> list[Run]:
    if of_head:
        return [Run(f"Head {chosen.head + 1}, all {size} dimensions, one scale", "ink_3")]
    said = f"All {many(heads, 'head')}, {size} dimensions each, of "
    return [Run(said, "ink_3"), token(own, own=True)]
