"""What the file of a trace says beside its arrays: the model, the text and the word pieces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from attention_atlas.models.model import RememberedModel, SpecialTokens
from attention_atlas.tracing.layout import FORMAT, VERSION
from attention_atlas.tracing.predictions import SAVED, Prediction
from attention_atlas.tracing.tokens import SURROGATES
from attention_atlas.version import __version__

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

_SIZES = (
    "layers",
    "heads",
    "hidden_size",
    "intermediate_size",
    "vocabulary_size",
    "max_tokens",
    "segments",
)


@dataclass(frozen=True)
class Metadata:
    """What is no array."""

    model: RememberedModel
    text: str
    pair: str | None
    truncated: int
    pieces: tuple[str, ...]
    """The text of each token. An array of strings would drop NULs at their ends."""
    predicted: tuple[tuple[str, ...], ...] | None
    """The texts of the likeliest pieces at each position; None without a head."""


def metadata_of(trace: Trace, predicted: Sequence[Sequence[Prediction]] | None) -> bytes:
    """The metadata of a trace as JSON in ASCII, the same bytes for the same trace."""
    from attention_atlas.models.fingerprint import fingerprint

    model = trace.model
    said = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"attention-atlas {__version__}",
        "model": {
            "name": model.name,
            **{size: getattr(model, size) for size in _SIZES},
            "activation": model.activation,
            "has_prediction_head": model.has_prediction_head,
            "special_tokens": asdict(model.special_tokens),
            "fingerprint": fingerprint(model),
        },
        "text": trace.text,
        "pair": trace.pair,
        "truncated": trace.truncated,
        "pieces": [token.text for token in trace.tokens],
        "predicted": predicted and [[one.text for one in row] for row in predicted],
    }
    return json.dumps(said).encode("ascii")


def read_metadata(said: bytes, path: str) -> Metadata:
    """The metadata of the file at `path`.

    Raises:
        ValueError: something in it is not as the layout has it; the message says what, in words
            that go on after "metadata".
        Foreign: it is the metadata of something else.
        OtherVersion: it is that of another version of the layout.
    """
    try:
        content = json.loads(said)
    except (ValueError, RecursionError):
        raise Foreign("its metadata is no JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Foreign(f"its metadata does not say that it is an “{FORMAT}”")
    if content.get("version") != VERSION:
        raise OtherVersion(content.get("version"), content.get("written_by"))
    top = _Fields(content)
    model = _Fields(top.get("model", _is(dict)))
    special = _Fields(model.get("special_tokens", _is(dict)))
    sizes = {size: model.get(size, _count(1)) for size in _SIZES}
    if sizes["hidden_size"] % sizes["heads"]:
        raise ValueError("shares a hidden size among heads that does not come out even")
    remembered = RememberedModel(
        name=model.get("name", _is(str)),
        source="file",
        **sizes,
        activation=model.get("activation", _is(str)),
        path=path,
        fingerprint=model.get("fingerprint", _is(str)),
        predicts=model.get("has_prediction_head", _is(bool)),
        specials=SpecialTokens(
            **{
                f"{name}_id": special.get(f"{name}_id", _or_none(_count(0)))
                for name in ("cls", "sep", "pad", "mask")
            },
            mask=special.get("mask", _or_none(_is(str))),
        ),
    )
    pieces = top.get("pieces", _texts)
    if not pieces:
        raise ValueError("has no word piece")
    predicted = top.get("predicted", _or_none(_rows))
    if (predicted is not None) != remembered.predicts:
        raise ValueError("has predictions and no head, or a head and no predictions")
    if predicted is not None:
        wanted = min(SAVED, remembered.vocabulary_size)
        if len(predicted) != len(pieces) or any(len(row) != wanted for row in predicted):
            raise ValueError(f"does not have {wanted} predictions for each of its tokens")
        predicted = tuple(tuple(row) for row in predicted)
    return Metadata(
        model=remembered,
        text=top.get("text", _is_text),
        pair=top.get("pair", _or_none(_is_text)),
        truncated=top.get("truncated", _count(0)),
        pieces=tuple(pieces),
        predicted=predicted,
    )


class Foreign(Exception):  # never leaves the loading
    """The file is of something else; the message says by what one sees it."""


class OtherVersion(Exception):  # never leaves the loading
    """The file has another version of the layout: (version, who wrote it)."""


class _Fields:
    """The fields of a JSON object, each checked as it is taken."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def get(self, name: str, fits: Callable[[Any], bool]) -> Any:
        value = self._content.get(name)
        if name not in self._content or not fits(value):
            raise ValueError(f"has no “{name}”, or one that cannot be")
        return value


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _count(least: int) -> Callable[[Any], bool]:
    # True is an int for isinstance.
    return lambda value: type(value) is int and least <= value < 2**31


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _is_text(value: Any) -> bool:
    # JSON can spell half a character, which no text that was read has.
    return isinstance(value, str) and not SURROGATES.search(value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(one) for one in value)


def _rows(value: Any) -> bool:
    return isinstance(value, list) and all(_texts(row) for row in value)
