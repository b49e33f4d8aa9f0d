"""A checkpoint with anything in its files: a model that reads text, or a plain refusal."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_atlas.errors import AttentionAtlasError, IncompleteModel
from attention_atlas.models.loading import load_model
from attention_atlas.tracing.tokens import tokenise
from checkpoints import make_checkpoint
from fuzzing import NUMBERS, TEXTS, examples, json_values

JSON_FILES = ("config.json", "tokenizer_config.json", "tokenizer.json")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("whole"), layers=1, heads=1)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a JSON value something stands, the vocabulary's hundreds of ids left out."""
    if at[-1:] == ("vocab",):
        return [at]
    if isinstance(value, dict):
        inside = [places(one, (*at, key)) for key, one in value.items()]
    elif isinstance(value, list):
        inside = [places(one, (*at, index)) for index, one in enumerate(value)]
    else:
        inside = []
    return [at, *(one for some in inside for one in some)]


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a place."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = put(value[at[0]], at[1:], new)
    return copy


VALUES = NUMBERS | TEXTS | json_values(3)


@pytest.mark.parametrize("name", JSON_FILES)
@examples(40)
@given(data=st.data())
def test_any_value_in_a_file_of_a_checkpoint(whole: Path, name: str, data: st.DataObject) -> None:
    content = json.loads((whole / name).read_text())
    for place in data.draw(st.lists(st.sampled_from(places(content)), min_size=1, max_size=2)):
        with suppress(KeyError, IndexError, TypeError):  # the first has taken the second's place
            content = put(content, place, data.draw(VALUES))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(whole, folder, dirs_exist_ok=True)
        Path(folder, name).write_text(json.dumps(content))
        with suppress(AttentionAtlasError):
            model = load_model(folder, device="cpu")
            tokenise(model, "the [MASK] cat ﷺ 각", "a dog")


@pytest.mark.parametrize("name", [*JSON_FILES, "model.safetensors"])
@examples(25)
@given(data=st.data())
def test_any_damage_to_a_file_of_a_checkpoint(whole: Path, name: str, data: st.DataObject) -> None:
    content = bytearray((whole / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, min(len(content), 2000) - 1))] = data.draw(
            st.integers(0, 255)
        )
    content = content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(whole, folder, dirs_exist_ok=True)
        Path(folder, name).write_bytes(content)
        with suppress(AttentionAtlasError):
            model = load_model(folder, device="cpu")
            tokenise(model, "the [MASK] cat ﷺ 각", "a dog")


@pytest.mark.parametrize("special", ["unk_token", "cls_token", "sep_token"])
def test_a_special_token_that_is_no_piece_is_said(tmp_path: Path, special: str) -> None:
    """Of the one for the unknown, transformers looked for the id until the stack was full."""
    make_checkpoint(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {special: ""}))
    with pytest.raises(IncompleteModel) as caught:
        load_model(str(tmp_path), device="cpu")
    assert str(caught.value) == (
        f"The tokenizer of the model '{tmp_path}' has '' as its {special}, and no such piece in "
        "its vocabulary. Complete the folder, or choose another model."
    )


def test_a_mask_that_is_no_piece_is_no_mask(tmp_path: Path) -> None:
    make_checkpoint(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mask_token": ""}))
    assert load_model(str(tmp_path), device="cpu").special_tokens.mask_id is None


@pytest.mark.parametrize("limit", ["", "512", 0.5, None, [37], 10**30, -1])
def test_a_limit_that_is_none_is_passed_over(tmp_path: Path, limit: object) -> None:
    make_checkpoint(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": limit}))
    assert load_model(str(tmp_path), device="cpu").max_tokens == 37
