from __future__ import annotations

from attention_atlas.models.catalog import (
    DEFAULT_MODEL,
    EMBEDDED_MODEL,
    MODELS,
    embedded_folder,
    is_cached,
)


def test_the_models_on_offer() -> None:
    assert [each.name for each in MODELS] == [
        "embedded",
        "bert-base-uncased",
        "bert-base-cased",
        "bert-large-uncased",
        "bert-base-multilingual-cased",
    ]
    assert EMBEDDED_MODEL == "embedded"
    assert DEFAULT_MODEL == "bert-base-uncased"


def test_what_is_said_of_them() -> None:
    for each in MODELS:
        assert each.hidden_size % each.heads == 0
        assert each.description.endswith(".")
        assert each.embedded == (each.name == "embedded")
        assert (each.download_bytes is None) == each.embedded


def test_the_embedded_model_is_always_there() -> None:
    assert is_cached("embedded")
    assert (embedded_folder() / "config.json").is_file()
