from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from scripts.write_reference import PAGE, reference

README = Path(__file__).parents[1] / "README.md"


def test_the_readmes_python_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, str(README), "exec"), names)
    trace = names["trace"]
    scores, attention = trace.layers[3].scores[1], trace.layers[3].attention[1]  # type: ignore[attr-defined]
    softmax = np.exp(scores - scores.max(-1, keepdims=True))
    np.testing.assert_allclose(attention, softmax / softmax.sum(-1, keepdims=True), atol=1e-6)


def test_what_the_readme_points_to_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (README.parent / target).exists(), target


def test_the_reference_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference()
