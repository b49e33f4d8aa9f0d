from __future__ import annotations

import dataclasses
import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertModel

from attention_atlas.analysis.metrics import metrics
from attention_atlas.errors import (
    AttentionAtlasError,
    EmptyText,
    InvalidChoice,
    ModelMismatch,
    NeedsModel,
    NoPredictionHead,
    NotATrace,
    NotSaved,
    TraceNotFound,
)
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.distributions import distributions
from attention_atlas.tracing.layer_cache import LayerCache
from attention_atlas.tracing.layer_weights import (
    activation_at,
    before_activation,
    norm_weights,
    output_weights,
)
from attention_atlas.tracing.layers import LayerTraces
from attention_atlas.tracing.loading import load_trace
from attention_atlas.tracing.neuron_words import neuron_words
from attention_atlas.tracing.readout import readout
from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.tracing.token_path import token_path
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.version import __version__
from checkpoints import make_checkpoint

GIVE = "Give a file that trace.save wrote."
ANEW = (
    "The file was cut off or changed; copy it anew from where it came from, or save the trace "
    "again."
)


@pytest.fixture(scope="module")
def traced(tiny: Model) -> Trace:
    return trace(tiny, "the cat § sat", "a dog")


@pytest.fixture
def saved(traced: Trace, tmp_path: Path) -> Path:
    traced.save(tmp_path / "x.npz")
    return tmp_path / "x.npz"


def inside(traced: Trace) -> dict[str, Any]:
    """All that a trace holds, arrays as their very bytes."""
    held: dict[str, Any] = {
        "text": traced.text,
        "pair": traced.pair,
        "truncated": traced.truncated,
        "tokens": traced.tokens,
    }
    for tensor in TENSORS:
        for layer in range(len(traced.layers)) if tensor.place == "layer" else [0]:
            array = tensor.of(traced, layer)
            assert not array.flags.writeable
            held[f"{tensor.path} {layer}"] = (array.shape, str(array.dtype), array.tobytes())
    return held


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The file with other members in it, and checksums that fit them."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def as_npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_metadata(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The file with other metadata in it."""

    def replace(members: dict[str, bytes]) -> None:
        content = json.loads(np.load(io.BytesIO(members["metadata.npy"])).item())
        change(content)
        members["metadata.npy"] = as_npy(np.array(json.dumps(content).encode()))

    rewritten(path, replace)


# The round trip


@given(
    text=st.text(alphabet=st.characters() | st.sampled_from("\0 ab\ud800\u202e🙂é"), max_size=60),
    pair=st.none() | st.text(max_size=30),
    words=st.sampled_from(["", "the cat [MASK] ", "the cat sat on the mat " * 9]),
)
@settings(max_examples=25)
def test_a_trace_comes_back_to_the_bit(tiny: Model, text: str, pair: str | None, words: str):
    try:
        before = trace(tiny, words + text, pair)
    except EmptyText:
        return
    with tempfile.TemporaryDirectory() as folder:
        first, second, third = (Path(folder, name) for name in ("1.npz", "2.npz", "3.npz"))
        before.save(first)
        alone, whole = load_trace(first), load_trace(first, tiny)
        assert inside(alone) == inside(whole) == inside(before)
        assert alone.predictions(20) == before.predictions(20)
        alone.save(second)
        whole.save(third)
        assert first.read_bytes() == second.read_bytes() == third.read_bytes()


@pytest.mark.parametrize("text", ["cat", "the " * 50])
def test_one_token_and_a_text_that_did_not_fit(tiny: Model, tmp_path: Path, text: str):
    before = trace(tiny, text)
    before.save(tmp_path / "x.npz")
    after = load_trace(tmp_path / "x.npz")
    assert after.truncated == before.truncated == (15 if text != "cat" else 0)
    assert inside(after) == inside(before)


@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
def test_a_checkpoint_without_a_head(tmp_path: Path, activation: str):
    folder = make_checkpoint(tmp_path / "b", architecture=BertModel, activation=activation)
    before = trace(load_model(str(folder), device="cpu"), "the cat")
    before.save(tmp_path / "x.npz")
    after = load_trace(tmp_path / "x.npz")
    assert inside(after) == inside(before)
    assert after.model.activation == activation
    assert not after.model.has_prediction_head
    messages = []
    for one in (before, after):
        for ask in (one.predictions, lambda one=one: one.lens(1)):
            with pytest.raises(NoPredictionHead) as caught:
                ask()
            messages.append(str(caught.value))
    assert messages[:2] == messages[2:]
    with np.load(tmp_path / "x.npz") as arrays:
        assert not any(name.startswith("predictions") for name in arrays)


def test_pieces_that_end_in_a_nul_and_numbers_that_are_none(traced: Trace, tmp_path: Path):
    tokens = list(traced.tokens)
    tokens[2] = dataclasses.replace(tokens[2], text="cat\0\0")
    states = traced.hidden_states.copy()
    states[1, 2, :3] = np.nan, np.inf, -0.0
    states.flags.writeable = False
    before = dataclasses.replace(traced, hidden_states=states, tokens=tuple(tokens))
    before.save(tmp_path / "x.npz")
    after = load_trace(tmp_path / "x.npz")
    assert after.tokens == before.tokens
    assert after.hidden_states.tobytes() == states.tobytes()


def test_the_reading_of_hidden_words_is_a_trace_like_any_other(traced: Trace, tmp_path: Path):
    before = traced.hide([1, 2])
    before.save(tmp_path / "x.npz")
    after = load_trace(tmp_path / "x.npz", traced.model)
    assert inside(after) == inside(before)
    # What is kept of the file's own text is not taken for what the other reading predicts.
    again = after.hide([4])
    assert again.predictions(3) == traced.hide([1, 2, 4]).predictions(3)
    again.save(tmp_path / "y.npz")
    assert load_trace(tmp_path / "y.npz").predictions(3) == again.predictions(3)


def test_numpy_reads_every_array_under_its_name(traced: Trace, saved: Path):
    with np.load(saved, allow_pickle=False) as arrays:
        read = {name: arrays[name] for name in arrays}
    assert read["tokens.text"].tolist() == [token.text for token in traced.tokens]
    for name in ("id", "position", "segment", "special", "unknown"):
        assert read[f"tokens.{name}"].tolist() == [getattr(t, name) for t in traced.tokens]
    assert read["tokens.sentence"].tolist() == [-1, 0, 0, 0, 0, -1, 1, 1, -1]
    assert read["tokens.word"].tolist() == [-1, 0, 1, 2, 3, -1, 0, 1, -1]
    assert read["tokens.span"].tolist()[:3] == [[-1, -1], [0, 3], [4, 7]]
    np.testing.assert_array_equal(read["hidden_states"], traced.hidden_states)
    np.testing.assert_array_equal(read["embeddings.word"], traced.embeddings.word)
    for layer in traced.layers:
        for tensor in TENSORS:
            if tensor.place == "layer":
                array = getattr(layer, tensor.name)
                np.testing.assert_array_equal(read[f"layers.{layer.index}.{tensor.name}"], array)
    found = traced.predictions(20)
    assert read["predictions.text"].tolist() == [[p.text for p in row] for row in found]
    assert read["predictions.id"].tolist() == [[p.id for p in row] for row in found]
    assert read["predictions.probability"].tolist() == [[p.probability for p in r] for r in found]
    said = json.loads(read["metadata"].item())
    assert (said["format"], said["version"]) == ("attention-atlas trace", 1)
    assert (said["text"], said["pair"], said["truncated"]) == ("the cat § sat", "a dog", 0)
    assert said["model"]["name"] == traced.model.name
    assert len(read) == 1 + 9 + 6 + 3 + 2 * 12


def test_the_page_on_the_layout_names_every_array(saved: Path):
    page = (Path(__file__).parents[2] / "docs" / "trace-file.md").read_text(encoding="utf-8")
    with np.load(saved) as arrays:
        for name in arrays:
            assert f"`{name.replace('layers.1.', 'layers.0.').replace('.0.', '.l.')}`" in page
        for name, value in json.loads(arrays["metadata"].item()).items():
            assert f"`{name}`" in page
            for inner in value if name == "model" else []:
                assert f"`{inner}`" in page
    assert "version 1" in page


# Without the model, and with it


def test_without_its_model_a_trace_has_its_numbers(traced: Trace, saved: Path):
    loaded = load_trace(saved)
    model, theirs = loaded.model, traced.model
    for name in (
        "name layers heads hidden_size head_size intermediate_size vocabulary_size max_tokens"
        " segments activation has_prediction_head special_tokens"
    ).split():
        assert getattr(model, name) == getattr(theirs, name)
    assert (model.at_hand, theirs.at_hand) == (False, True)
    ours = metrics(loaded.layers[1].attention)
    assert ours.entropy.tolist() == metrics(traced.layers[1].attention).entropy.tolist()
    everywhere = traced.predictions(20)
    assert loaded.predictions(3, positions=[2, -1]) == (everywhere[2][:3], everywhere[-1][:3])
    reported: list[tuple[int, int]] = []
    assert (
        loaded.predictions(progress=lambda *given: reported.append(given))[1] == (everywhere[1][:5])
    )
    assert reported == [(9, 9)]
    path, fresh = token_path(loaded, 2), token_path(traced, 2)
    np.testing.assert_allclose(path.ffn_output, fresh.ffn_output, atol=1e-5)
    np.testing.assert_allclose(path.attention_norm, fresh.attention_norm, atol=1e-5)
    np.testing.assert_array_equal(
        path.attention_output, [layer.attention_output[2] for layer in traced.layers]
    )
    assert not path.ffn_output.flags.writeable


def test_nothing_heavy_is_imported_to_load_a_trace(saved: Path):
    code = (
        "import sys, attention_atlas as aa\n"
        f"trace = aa.load_trace({str(saved)!r})\n"
        "aa.metrics(trace.layers[1].attention), trace.predictions(3), trace._repr_html_()\n"
        f"trace.save({str(saved.with_name('y.npz'))!r})\n"
        "print(sorted({'torch', 'transformers', 'shiny', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("what", "ask"),
    [
        ("A text with words hidden", lambda t: t.hide([2])),
        ("The logit lens", lambda t: t.lens(2)),
        ("What the model predicts at a masked position", lambda t: t.predictions(masked=True)),
        ("More than the 20 likeliest words of a position", lambda t: t.predictions(21)),
        ("The distribution over the vocabulary", distributions),
        ("What a logit is made of", lambda t: readout(t, 2, [5])),
        ("Which words a unit makes likelier", lambda t: neuron_words(t, 0, 1, [2])),
        ("The weights of a LayerNorm", lambda t: norm_weights(t.model, 0, "ffn")),
        ("The weights of the feed-forward network", lambda t: output_weights(t.model, 0)),
        (
            "What the activation of the feed-forward network is given",
            lambda t: before_activation(t, 0, 1),
        ),
        (
            "The activation of the feed-forward network",
            lambda t: activation_at(t.model, 0, np.zeros(3, np.float32)),
        ),
        ("The network", lambda t: t.model.network),
        ("The tokenizer", lambda t: t.model.tokenizer),
        ("The weights of the network", lambda t: t.model.parts),
        ("The network", lambda t: t.model.device),
        ("The tokenizer", lambda t: trace(t.model, "the cat")),
    ],
)
def test_what_needs_the_model_says_so(saved: Path, what: str, ask: Callable[[Trace], Any]):
    loaded = load_trace(saved)
    with pytest.raises(NeedsModel) as caught:
        ask(loaded)
    name = loaded.model.name
    assert str(caught.value) == (
        f"{what} cannot be had from the saved numbers alone: this trace was loaded from {saved} "
        f'without its model. To go on, load both: aa.load_trace("{saved}", '
        f'model=aa.load_model("{name}")).'
    )


def test_choices_that_are_not_there_are_told_as_ever(traced: Trace, saved: Path):
    loaded = load_trace(saved)
    for ask in (
        lambda t: t.predictions(0),
        lambda t: t.predictions(positions=[9]),
        lambda t: t.hide([9]),
        lambda t: t.layers[2],
    ):
        messages = []
        for one in (traced, loaded):
            with pytest.raises(InvalidChoice) as caught:
                ask(one)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
    assert loaded.hide([]) is loaded
    assert not hasattr(loaded.model, "nothing")


def test_with_its_model_a_loaded_trace_is_as_a_new_one(traced: Trace, saved: Path):
    loaded = load_trace(saved, traced.model)
    assert loaded.model is traced.model
    assert loaded.predictions(33, masked=True) == traced.predictions(33, masked=True)
    assert loaded.lens(2) == traced.lens(2)
    assert distributions(loaded) == distributions(traced)
    assert inside(loaded.hide([2])) == inside(traced.hide([2]))


def test_the_same_checkpoint_elsewhere_is_the_same_model(
    traced: Trace, saved: Path, tmp_path: Path
):
    elsewhere = load_model(str(make_checkpoint(tmp_path / "moved")), device="cpu")
    assert load_trace(saved, elsewhere).lens(2) == traced.lens(2)


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"layers": 3}, {"pieces": ["caterpillar"]}, {"architecture": BertModel}]
)
def test_another_model_is_refused(
    traced: Trace, saved: Path, tmp_path: Path, other: dict[str, Any]
):
    model = load_model(str(make_checkpoint(tmp_path / "other", **other)), device="cpu")
    with pytest.raises(ModelMismatch) as caught:
        load_trace(saved, model)
    ours = traced.model
    assert str(caught.value) == (
        f"The trace in {saved} was made with {ours.name!r} (2 layers × 3 heads, d = 21, 105 word "
        f"pieces), and {model.name!r} ({model.layers} layers × 3 heads, d = 21, "
        f"{model.vocabulary_size} word pieces) is another model: its sizes, its weights or its "
        f'vocabulary differ. Give the first, model=aa.load_model("{ours.name}"), or no model.'
    )


def test_one_changed_weight_makes_another_model(traced: Trace, saved: Path, tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path / "other")), device="cpu")
    model.parts.layers[1].ffn_norm.bias.data[20] += 1e-4
    with pytest.raises(ModelMismatch):
        load_trace(saved, model)


def test_what_is_no_model_or_no_path(saved: Path):
    # In another process, where no signature is checked as it is used.
    code = (
        "import sys, attention_atlas as aa\n"
        "for given in ((sys.argv[1], 'embedded'), (7,)):\n"
        "    try: aa.load_trace(*given)\n"
        "    except aa.errors.InvalidChoice as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved)], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        f"A str was given as the model of {saved}. Give what aa.load_model returns.\n"
        "A int was given as the path of a trace. Give the path of a file that trace.save wrote.\n"
    )
    with pytest.raises(NeedsModel):
        load_trace(saved, load_trace(saved).model)


# Layers are read when they are looked at


def test_layers_are_read_one_at_a_time_and_few_are_kept(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path / "m", layers=5)), device="cpu")
    trace(model, "the cat").save(tmp_path / "x.npz")
    loaded = load_trace(tmp_path / "x.npz")
    assert loaded.layers.kept == []
    assert loaded.layers[3] is loaded.layers[3]
    assert loaded.layers.kept == [3]
    few = LayerTraces(model, loaded.layers._make, LayerCache(1))
    assert [layer.index for layer in few] == [0, 1, 2, 3, 4]
    assert few.kept == [4]


def test_a_file_that_is_gone(saved: Path):
    loaded = load_trace(saved)
    first = loaded.layers[0]
    saved.unlink()
    assert loaded.layers[0] is first
    with pytest.raises(TraceNotFound) as caught:
        loaded.layers[1]
    assert str(caught.value) == (
        f"The trace {saved} cannot be opened (No such file or directory). Give the path of a file "
        "that trace.save wrote, and leave the file there as long as its trace is looked at."
    )


@pytest.mark.parametrize("text", ["the cat § sit", "a"])
def test_a_file_that_is_another_by_now(traced: Trace, saved: Path, text: str):
    loaded = load_trace(saved)
    trace(traced.model, text, "a dog").save(saved)
    with pytest.raises(TraceNotFound) as caught:
        loaded.layers[1]
    assert str(caught.value) == (
        f"{saved} is another file than the one that the trace was loaded from. "
        "Load the trace again."
    )


def test_a_trace_may_be_saved_over_itself(traced: Trace, saved: Path):
    loaded = load_trace(saved)
    loaded.save(saved)
    assert inside(loaded) == inside(traced)


def test_the_folder_may_change_meanwhile(
    traced: Trace, saved: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(saved.parent)
    loaded = load_trace("x.npz")
    monkeypatch.chdir("/")
    assert inside(loaded) == inside(traced)


# What cannot be written


def not_saved(traced: Trace, path: Path | str) -> str:
    with pytest.raises(NotSaved) as caught:
        traced.save(path)
    return str(caught.value)


def test_places_where_nothing_can_be_written(traced: Trace, tmp_path: Path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.npz").mkdir()
    so = "Give the name of a file in a folder that is there, may be written to, and has room."
    for path, reason in (
        (tmp_path / "no" / "x.npz", "No such file or directory"),
        (tmp_path / "file" / "x.npz", "Not a directory"),
        (tmp_path / "folder.npz", "it is not the name of a file"),
        ("", "it is not the name of a file"),
        ("a\0b", "it is not the name of a file"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        assert not_saved(traced, path) == f"{path} cannot be written ({reason}). {so}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.npz"]


# A process of its own: the limit would hold for pytest's output too.
SAVED_WHERE_FILES_END_AT_20_000_BYTES = """
import resource, sys
from attention_atlas.errors import NotSaved
from attention_atlas.tracing.loading import load_trace

traced = load_trace(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    traced.save(sys.argv[2])
except NotSaved as error:
    sys.exit(str(error))
"""


def test_a_disk_that_fills_up_leaves_what_was_there(saved: Path, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.npz").write_text("mine")
    code = SAVED_WHERE_FILES_END_AT_20_000_BYTES
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved), str(tmp_path / "mine" / "x.npz")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot be written (File too large)" in done.stderr
    assert done.returncode == 1
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["x.npz"]
    assert (tmp_path / "mine" / "x.npz").read_text() == "mine"


def test_a_layer_that_fails_leaves_no_file(traced: Trace, saved: Path, tmp_path: Path):
    loaded = load_trace(saved)
    saved.unlink()
    with pytest.raises(TraceNotFound):
        loaded.save(tmp_path / "y.npz")
    assert list(tmp_path.iterdir()) == []


def test_others_may_read_the_file_as_any_that_a_person_makes(saved: Path, tmp_path: Path):
    (tmp_path / "plain").write_text("")
    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode


# Files that are no traces, or damaged ones


def refused(path: Path | str) -> str:
    """What is said of the file, by loading it or by looking at all its layers."""
    with pytest.raises(NotATrace) as caught:
        list(load_trace(path).layers)
    return str(caught.value)


def test_files_that_are_something_else(tmp_path: Path):
    path = tmp_path / "x.npz"
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder") == f"{tmp_path / 'folder'} is no file. {GIVE}"
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == f"{tmp_path / 'pipe'} is no file. {GIVE}"
    path.write_bytes(b"")
    assert refused(path) == f"{path} is no trace: it is empty. {GIVE}"
    for content in (pickle.dumps({"a": 1}), b"the cat", as_npy(np.zeros(3))):
        path.write_bytes(content)
        assert refused(path) == f"{path} is no trace: it is no .npz file. {GIVE}"
    for save in (np.savez, np.savez_compressed):
        save(path, hidden_states=np.zeros((3, 5, 21)))
        assert refused(path) == f"{path} is no trace: it has no array “metadata”. {GIVE}"
    np.savez(path, metadata=np.array([{"a": 1}], dtype=object))
    assert refused(path).startswith(f"{path} is no trace: its array “metadata” is no text (")
    for said, why in (
        (b"the cat", "its metadata is no JSON"),
        (b"[" * 100_000, "its metadata is no JSON"),
        (b"[]", "its metadata does not say that it is an “attention-atlas trace”"),
        (b'{"a": 1}', "its metadata does not say that it is an “attention-atlas trace”"),
    ):
        np.savez(path, metadata=np.array(said))
        assert refused(path) == f"{path} is no trace: {why}. {GIVE}"


@pytest.mark.parametrize("path", ["no.npz", "a\0b"])
def test_files_that_are_not_there(path: str):
    with pytest.raises(TraceNotFound, match="cannot be opened"):
        load_trace(path)


def test_a_later_version_of_the_layout(saved: Path):
    with_metadata(saved, lambda said: said.update(version=2, written_by="attention-atlas 9.1"))
    assert refused(saved) == (
        f"{saved} has version 2 of the layout by attention-atlas 9.1, and attention-atlas "
        f"{__version__} reads version 1. Install a version of attention-atlas that reads it, or "
        "save the trace again with this one."
    )


def damaged(path: Path, why: str) -> str:
    return f"{path} cannot be read as a trace: {why}. {ANEW}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layers", 3),
        ("layers", 2**30),
        ("heads", 7),
        ("heads", 2),
        ("hidden_size", 42),
        ("hidden_size", 2**31),
        ("hidden_size", 21.0),
        ("intermediate_size", True),
        ("vocabulary_size", 6),
        ("max_tokens", 0),
        ("segments", 1),
        ("activation", None),
        ("has_prediction_head", False),
        ("special_tokens", {"cls_id": 2}),
        ("fingerprint", 7),
    ],
)
def test_sizes_that_cannot_be(saved: Path, field: str, value: Any):
    with_metadata(saved, lambda said: said["model"].update({field: value}))
    assert refused(saved).startswith(f"{saved} cannot be read as a trace: ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pieces", ["the"]),
        ("pieces", []),
        ("pieces", [7] * 9),
        ("text", "the"),
        ("text", 7),
        ("text", "the cat § s\ud800t"),
        ("pair", None),
        ("truncated", -1),
        ("predicted", None),
        ("predicted", [["the"]] * 9),
    ],
)
def test_words_that_cannot_be(saved: Path, field: str, value: Any):
    with_metadata(saved, lambda said: said.update({field: value}))
    assert refused(saved).startswith(f"{saved} cannot be read as a trace: ")


@pytest.mark.parametrize(
    ("name", "array", "found"),
    [
        ("layers.1.query", np.zeros((3, 7, 9), np.float32), "'<f4'"),
        ("layers.1.query", np.zeros((3, 9, 7), np.float64), "'<f8'"),
        ("layers.1.query", np.zeros((7, 9, 3), np.float32).T, "True"),
        ("hidden_states", np.zeros((2, 9, 21), np.float32), "(2, 9, 21)"),
        ("tokens.special", np.zeros(9, np.int64), "'<i8'"),
        ("tokens.id", np.array([None] * 9, dtype=object), "'|O'"),
    ],
)
def test_arrays_of_another_shape_or_type(saved: Path, name: str, array: np.ndarray, found: str):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    rewritten(saved, lambda members: members.update({f"{name}.npy": buffer.getvalue()}))
    said = refused(saved)
    assert said.startswith(f"{saved} cannot be read as a trace: the array {name} should have ")
    assert found in said
    assert said.endswith(ANEW)


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", 105), ("id", -1), ("position", 37), ("segment", 2), ("sentence", 2), ("word", -2)],
)
def test_tokens_that_no_model_could_read(saved: Path, name: str, value: int):
    with np.load(saved) as arrays:
        column = arrays[f"tokens.{name}"].copy()
    column[2] = value
    rewritten(saved, lambda members: members.update({f"tokens.{name}.npy": as_npy(column)}))
    assert refused(saved) == damaged(saved, "the token 2 is none that the model could read")


def test_an_array_that_is_missing_or_longer_than_it_says(saved: Path):
    whole = saved.read_bytes()
    rewritten(saved, lambda members: members.pop("layers.0.key.npy"))
    assert refused(saved) == damaged(saved, "the array layers.0.key is missing")
    saved.write_bytes(whole)
    name = "layers.0.key.npy"
    rewritten(saved, lambda members: members.update({name: members[name] + b"\0"}))
    assert "the array layers.0.key should have the shape (3, 9, 7)" in refused(saved)


def test_a_word_that_the_vocabulary_does_not_have(saved: Path):
    ids = np.full((9, 20), 105)
    rewritten(saved, lambda members: members.update({"predictions.id.npy": as_npy(ids)}))
    assert refused(saved) == damaged(
        saved, "it predicts a word piece that is not in the vocabulary"
    )


def test_a_small_file_that_would_grow_is_not_inflated(saved: Path):
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members.pop("layers.1.query.npy")
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        with archive.open("layers.1.query.npy", "w") as file:
            for _ in range(64):
                file.write(bytes(2**20))
    assert saved.stat().st_size < 2**20
    why = "the array metadata is compressed, and the layout has it as it is"
    assert refused(saved) == damaged(saved, why)


def test_sizes_that_a_file_only_claims_are_not_read(saved: Path):
    """A header that tells of 2⁵⁰ bytes asks for none of them."""
    huge = {"layers": 2, "heads": 1, "hidden_size": 2**30, "intermediate_size": 2**30}
    with_metadata(saved, lambda said: said["model"].update(huge))
    assert "the array embeddings.word should have the shape (9, 1073741824)" in refused(saved)


@pytest.fixture(scope="module")
def content(traced: Trace, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "x.npz"
    traced.save(path)
    return path.read_bytes()


@given(data=st.data())
@settings(max_examples=300)
def test_a_damaged_file_is_the_same_trace_or_a_plain_error(
    traced: Trace, content: bytes, data: st.DataObject
):
    # The list at the end and the heads of the arrays decide most, and are few of the bytes.
    heads = [at for at in range(len(content)) if content.startswith((b"PK", b"\x93NUMPY"), at)]
    places = st.integers(0, len(content) - 1) | st.builds(
        lambda start, further: min(start + further, len(content) - 1),
        st.sampled_from(heads),
        st.integers(0, 140),
    )
    changed = bytearray(content)
    for place in data.draw(st.lists(places, max_size=3), label="places"):
        changed[place] = data.draw(st.integers(0, 255), label="byte")
    start = data.draw(st.just(0) | places, label="start")
    end = data.draw(st.just(len(content)) | places, label="end")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.npz")
        path.write_bytes(changed[start:end])
        said = ""
        try:
            loaded = load_trace(path)
            found = inside(loaded)
        except AttentionAtlasError as error:
            said = str(error)
        if said:
            assert said.startswith((f"{path} ", f"The trace {path} "))
        else:
            assert found == inside(traced)
            assert loaded.predictions(20) == traced.predictions(20)
