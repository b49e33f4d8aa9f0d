from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from scripts.examples import examples, run
from scripts.write_reference import PAGE, reference

README = Path(__file__).parents[1] / "README.md"


def test_the_readmes_examples_run(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    languages = [example.language for example in run(README, tmp_path, names)]
    assert languages == [example.language for example in examples(README.read_text("utf-8"))]
    assert {"python", "bash"} == set(languages)
    layer = names["trace"].layers[3]
    scores, attention = layer.scores[1], layer.attention[1]
    softmax = np.exp(scores - scores.max(-1, keepdims=True))
    np.testing.assert_allclose(attention, softmax / softmax.sum(-1, keepdims=True), atol=1e-6)


def test_what_the_readme_points_to_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (README.parent / target).exists(), target


def test_the_reference_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "Run python -m scripts.write_reference."
