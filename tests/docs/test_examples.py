"""The runner of the guide's examples: what is wrong with a page must not pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.examples import ExampleFailed, examples, run


def page(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return path


def ran(tmp_path: Path, text: str) -> dict[str, object]:
    folder, names = tmp_path / "work", dict[str, object]()
    folder.mkdir()
    for _ in run(page(tmp_path, text), folder, names):
        pass
    return names


def test_what_is_run_and_what_it_prints():
    text = (
        "a\n\n```python\nx = 1\n```\n\n```text\n7\n```\n\n```text\nb\n```\n\n"
        "```bash\nmake run\n```\n"
    )
    first, second = examples(text)
    assert (first.language, first.code, first.line, first.prints) == ("python", "x = 1\n", 4, "7\n")
    assert (second.language, second.line, second.prints) == ("bash", 16, None)
    assert text[first.end :].startswith("\n```text\nb")


def test_text_further_down_is_not_what_an_example_prints():
    (example,) = examples("```python\nx = 1\n```\n\nIt says:\n\n```text\n7\n```\n")
    assert example.prints is None


def test_names_are_shared_and_files_land_in_the_folder(tmp_path: Path):
    names = ran(
        tmp_path,
        "```python\nx = 41\n```\nand\n```python\nopen('made.txt', 'w').close()\nprint(x + 1)\n```\n"
        "\n```text\n42\n```\n",
    )
    assert names["x"] == 41
    assert (tmp_path / "work" / "made.txt").exists()


def test_another_output_fails(tmp_path: Path):
    with pytest.raises(ExampleFailed) as caught:
        ran(tmp_path, "```python\nprint(42)\n```\n\n```text\n41\n```\n")
    assert str(caught.value) == "page.md, line 2 prints\n42\n\nand not\n41\n"


def test_an_error_fails_and_names_page_and_line(tmp_path: Path):
    with pytest.raises(ExampleFailed) as caught:
        ran(tmp_path, "# Title\n\n```python\nx = 1\nx / 0\n```\n")
    assert str(caught.value) == "page.md, line 4: ZeroDivisionError: division by zero"
    raised = caught.value.__cause__
    assert raised is not None
    last = raised.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    assert last is not None
    assert last.tb_lineno == 5


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("attention-atlas trace", "SystemExit: 2"),
        ("attention-atlas --colour red", "SystemExit: 2"),
        ("make tea", "ExampleFailed: There is no `make tea`."),
        ('make run ARGS="--prt 8001"', "SystemExit: 2"),
        (
            "curl example.org",
            "ExampleFailed: curl is no command of ours; put it into a block of text.",
        ),
        (
            "attention-atlas trace --model embedded ' ' --out x.npz",
            "ExampleFailed: attention-atlas trace --model embedded ' ' --out x.npz ends with 2: "
            "attention-atlas: There is nothing to read in the text: it is empty, or holds only "
            "spaces or invisible characters. Type at least one word.\n",
        ),
    ],
)
def test_a_command_that_is_wrong_fails(tmp_path: Path, command: str, told: str):
    with pytest.raises(ExampleFailed) as caught:
        ran(tmp_path, f"```bash\n{command}\n```\n")
    assert str(caught.value) == f"page.md, line 2: {told}"


def test_the_page_is_not_started_and_the_hub_not_asked(tmp_path: Path):
    ran(
        tmp_path,
        "```bash\nattention-atlas --model embedded   # the page\n"
        'make run ARGS="--port 8001"\n'
        "HF_HUB_OFFLINE=1 attention-atlas trace hello \\\n    --out x.npz\n```\n",
    )
    assert not (tmp_path / "work" / "x.npz").exists()


def test_a_command_with_the_embedded_model_is_run(tmp_path: Path):
    ran(tmp_path, "```bash\nattention-atlas trace 'a cat' --model embedded --out x.npz\n```\n")
    assert (tmp_path / "work" / "x.npz").stat().st_size > 100_000
