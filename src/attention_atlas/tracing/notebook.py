"""What a notebook shows of a Trace and its parts: HTML of its own, without a style sheet.

A token may hold anything, so the HTML is built as a tree, which escapes what it holds. Colours are
those of the notebook, light or dark; there are no ids, and nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from attention_atlas.tracing.tensors import TENSORS, Place, Tensor

if TYPE_CHECKING:
    from attention_atlas.tracing.layers import LayerTrace
    from attention_atlas.tracing.tokens import Token
    from attention_atlas.tracing.trace import Embeddings, Trace

TOKENS_SHOWN = 64
"""How many word pieces of a sentence are shown; a text of 512 would bury the table."""
_LONGEST = 80
"""How many characters of one text are shown."""

# A line that shows on a light and on a dark ground alike.
_LINE = "1px solid rgba(128, 128, 128, 0.5)"
_PIECE = f"display: inline-block; margin: 1px 2px; padding: 0 5px; border: {_LINE};"
_PIECE += " border-radius: 4px; line-height: 1.5;"
_CELL = "text-align: left; vertical-align: top; padding: 2px 16px 2px 0;"
_QUIET = "opacity: 0.7;"


def html_of_trace(trace: Trace) -> str:
    """The sentence in pieces, the model, and a table of all that is in the trace."""
    model = trace.model
    n = len(trace.tokens)
    root = Element("div")
    title = _add(root, "p", "", style="margin: 0 0 4px;")
    _add(title, "strong", "Trace")
    said = (
        f" of {n} tokens by {model.name}: {model.layers} layers × {model.heads} heads, "
        f"d = {model.hidden_size}, d_ff = {model.intermediate_size}"
    )
    if trace.truncated:
        said += f"; {trace.truncated} more tokens did not fit"
    if not model.at_hand:
        said += "; loaded without its model"
    _add(title, "span", f"{said}.")
    _add_sentence(root, trace)
    body = _add_table(root)
    _add_row(body, "trace.tokens[i]", f"{n} tokens", "What the network read, piece by piece.")
    for tensor in TENSORS:
        _add_row(body, tensor.path, _told(tensor, tensor.shape(model, n)), tensor.summary)
    _add(root, "p", f"l is 0 to {model.layers - 1}, i is 0 to {n - 1}.", style=_QUIET)
    return _html(root)


def html_of_layer(layer: LayerTrace) -> str:
    """A table of the layer's tensors with their axes and sizes."""
    heads, n, _ = layer.attention.shape
    root = Element("div")
    title = _add(root, "p", "", style="margin: 0 0 4px;")
    _add(title, "strong", f"LayerTrace {layer.index}")
    _add(
        title,
        "span",
        f", layer {layer.index + 1} as people count: {heads} heads, {n} tokens, "
        f"d = {layer.input.shape[1]}.",
    )
    _add_tensors(root, "layer", layer)
    return _html(root)


def html_of_embeddings(embeddings: Embeddings) -> str:
    """A table of the five arrays."""
    n, d = embeddings.sum.shape
    root = Element("div")
    title = _add(root, "p", "", style="margin: 0 0 4px;")
    _add(title, "strong", "Embeddings")
    _add(title, "span", f" of {n} tokens, d = {d}.")
    _add_tensors(root, "embeddings", embeddings)
    return _html(root)


def html_of_token(token: Token) -> str:
    """What is known of the token, as a list of names and values."""
    facts = [
        ("index", f"{token.index}"),
        ("id", f"{token.id}, its row in the vocabulary"),
        ("position", f"{token.position}"),
        ("segment", f"{token.segment}"),
    ]
    if token.sentence is None:
        facts.append(("sentence", "none: the tokenizer added it"))
    else:
        facts.append(("sentence", f"{token.sentence}"))
        facts.append(("word", f"{token.word}"))
    if token.span is not None:
        start, end = token.span
        facts.append(("span", f"{start}:{end} of its sentence"))
        facts.append(("original", _short(token.original)))
    facts.append(("special", "yes" if token.special else "no"))
    facts.append(("unknown", "yes: not in the vocabulary" if token.unknown else "no"))
    root = Element("div")
    title = _add(root, "p", "", style="margin: 0 0 4px;")
    _add(title, "strong", "Token ")
    _add_piece(title, token)
    style = "display: grid; grid-template-columns: max-content auto; margin: 0; gap: 2px 16px;"
    listed = _add(root, "dl", "", style=style)
    for name, value in facts:
        _add(listed, "dt", name, style=f"{_QUIET} font-weight: normal; grid-column: 1;")
        definition = _add(listed, "dd", "", style="margin: 0; grid-column: 2;")
        _add(definition, "bdi", value)
    return _html(root)


def _add_sentence(root: Element, trace: Trace) -> None:
    line = _add(root, "p", "", style="margin: 0 0 8px;")
    for token in trace.tokens[:TOKENS_SHOWN]:
        _add_piece(line, token)
    left = len(trace.tokens) - TOKENS_SHOWN
    if left > 0:
        _add(line, "span", f" … and {left} more in trace.tokens", style=_QUIET)


def _add_piece(line: Element, token: Token) -> None:
    # bdi: a piece written from right to left does not turn its neighbours around.
    style = f"{_PIECE} {_QUIET}" if token.special else _PIECE
    piece = _add(line, "bdi", _short(token.text), style=style)
    if token.unknown:
        piece.set("title", f"not in the vocabulary: {_short(token.original)}")


def _add_tensors(root: Element, place: Place, owner: LayerTrace | Embeddings) -> None:
    body = _add_table(root)
    for tensor in TENSORS:
        if tensor.place == place:
            shape = getattr(owner, tensor.name).shape
            _add_row(body, f".{tensor.name}", _told(tensor, shape), tensor.summary)


def _add_table(root: Element) -> Element:
    # Said outright, as some notebooks dress tables for a light ground.
    style = "border-collapse: collapse; color: inherit; font: inherit; margin: 0;"
    table = _add(root, "table", "", style=style)
    head = _add(_add(table, "thead", ""), "tr", "")
    for name in ("In Python", "Shape", "What it is"):
        _add(head, "th", name, style=f"{_CELL} border-bottom: {_LINE};")
    return _add(table, "tbody", "")


def _add_row(body: Element, path: str, shape: str, summary: str) -> None:
    row = _add(body, "tr", "")
    _add(_add(row, "td", "", style=_CELL), "code", path)
    _add(row, "td", shape, style=f"{_CELL} white-space: nowrap;")
    _add(row, "td", summary, style=_CELL)


def _told(tensor: Tensor, shape: Iterable[int]) -> str:
    """`12 heads × 8 tokens × 64 head size`."""
    return " × ".join(f"{size} {axis}" for size, axis in zip(shape, tensor.axes, strict=True))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _add(parent: Element, tag: str, text: str, *, style: str = "") -> Element:
    child = SubElement(parent, tag)
    child.text = text
    if style:
        child.set("style", style)
    return child


def _html(root: Element) -> str:
    return ElementTree.tostring(root, encoding="unicode", method="html")
