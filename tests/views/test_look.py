from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.look import DEFAULT_LOOK, Look, look_of


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scale": "purple"}, "scale cannot be 'purple'. Choose one of auto, linear, root, log."),
        ({"least": 1.5}, "least cannot be 1.5. Give a share from 0 to 1."),
        ({"top": -1}, "top cannot be -1. Give 0 for all lines, or a number."),
        ({"top_k": 21}, "top_k cannot be 21. Choose 1 to 20 words."),
        ({"heads": (1, -2)}, "heads cannot be (1, -2). Give a tuple of heads, counted from 0."),
        ({"heads": None}, "heads cannot be None. Give a tuple of heads, counted from 0."),
        ({"hidden": ("it",)}, "hidden cannot be ('it',). Give a tuple of tokens, counted from 0."),
        (
            {"window": (0, 1)},
            "window cannot be (0, 1). Give a tuple of the first row, the first column and the "
            "number of rows, counted from 0.",
        ),
    ],
)
def test_what_is_no_choice_is_refused(wrong: dict[str, Any], said: str):
    with pytest.raises(InvalidChoice) as refused:
        Look(**wrong)
    assert str(refused.value) == said
    assert look_of(wrong) == DEFAULT_LOOK


def test_what_a_browser_asks_for_is_read_back():
    look = Look(scale="log", flow="several", heads=(2, 5), window=(0, 3, 7), hidden=(), top_k=3)
    sent = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(look).items()}
    assert look_of({**sent, "of": "another", "unknown": 1}) == look
    assert look_of({**sent, "scale": 3, "heads": "2,5"}) == Look(
        flow="several", window=(0, 3, 7), hidden=(), top_k=3
    )
