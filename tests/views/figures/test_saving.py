from __future__ import annotations

import base64
import csv
import io
import re
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.tables import harmless
from attention_atlas.views.figures.view_figure import Numbers, ViewFigure
from attention_atlas.views.weights import Shown

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def cat(embedded: Model) -> Trace:
    return trace(embedded, "The cat sat on the mat.")


@pytest.fixture(scope="module")
def hostile(embedded: Model) -> Trace:
    return trace(embedded, '$x$ a_b </script> שלום é =1+1 & "q"', "-2 @you")


@pytest.fixture
def map_of_cat(cat: Trace) -> ViewFigure:
    return figure("attention-map", cat, layer=3, head=1, token=2)


def texts_of(svg: bytes) -> list[str]:
    nodes = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return ["".join(node.itertext()).lstrip("\u200e") for node in nodes]


def faces_of(svg: bytes) -> dict[tuple[str, str], TTFont]:
    found = re.findall(
        r"@font-face\{font-family:'([^']+)';font-weight:(\w+);"
        r"src:url\(data:font/woff;base64,([A-Za-z0-9+/=]+)\) format\('woff'\)\}",
        svg.decode(),
    )
    return {
        (family, weight): TTFont(io.BytesIO(base64.b64decode(data)))
        for family, weight, data in found
    }


def test_svg_keeps_text_as_text_with_its_fonts_inside(map_of_cat: ViewFigure):
    svg = map_of_cat.to_bytes("svg")
    texts = texts_of(svg)
    assert texts.count("cat") == 2
    assert texts.count("[CLS]") == 2
    root = ElementTree.fromstring(svg)
    assert float(root.get("width", "").removesuffix("pt")) == pytest.approx(3.25 * 72)
    faces = faces_of(svg)
    assert ("DejaVu Sans Mono", "bold") in faces  # the focused token
    for node in root.iter(f"{SVG}text"):
        style = node.get("style", "")
        weight = "bold" if "bold" in style or "700" in style else "normal"
        families = re.findall(r"'([^']+)'", style)
        for letter in "".join(node.itertext()):
            known = [
                faces[family, weight].getBestCmap()
                for family in families
                if (family, weight) in faces
            ]
            assert any(ord(letter) in letters for letters in known), (letter, style)
    assert len(svg) < 200_000


def test_no_letter_is_smaller_than_can_be_read(map_of_cat: ViewFigure):
    sizes = re.findall(
        r"font:[^;]*?([\d.]+)px|font-size: ([\d.]+)px", map_of_cat.to_bytes("svg").decode()
    )
    assert sizes
    assert min(float(a or b) for a, b in sizes) >= SMALL


def test_any_token_prints_as_itself(hostile: Trace):
    view = figure("attention-map", hostile, layer=1, head=2, shown=Shown(words=True))
    svg = view.to_bytes("svg", columns=2)
    texts = texts_of(svg)
    for word in ("$", "x", "script", "שלום", "=", "&", '"', "@", "-"):
        assert texts.count(word) >= 2, word
    assert b"</script>" not in svg
    assert "</script>" in view.caption
    assert " ".join(texts).count("</script>") == 1  # in the caption
    for format in ("pdf", "png", "csv", "npz"):
        assert view.to_bytes(format)


def test_nothing_is_said_on_stderr():
    code = (
        "import attention_atlas as aa\n"
        "from attention_atlas.views.figures.making import figure\n"
        "text = 'a \\U0001F600 שלום \\u4e2d $x$ \\u0301 \\U0010FFFD'\n"
        "trace = aa.trace(aa.load_model('embedded'), text)\n"
        "for view in ('attention-map', 'attention-flow', 'attention-row'):\n"
        "    for format in ('svg', 'pdf', 'png'):\n"
        "        figure(view, trace, token=1).to_bytes(format)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_pdf_embeds_its_fonts_and_says_what_it_is(map_of_cat: ViewFigure):
    pdf = map_of_cat.to_bytes("pdf")
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"/ToUnicode" in pdf
    assert b"Attention map" in pdf
    assert b"/CreationDate" not in pdf
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert box is not None
    assert float(box[1]) == pytest.approx(3.25 * 72)
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, flags=re.S)
    drawn = b"".join(_inflated(one) for one in streams)
    assert b" Tf" in drawn
    assert re.search(rb"T[jJ]", drawn)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


@pytest.mark.parametrize(("columns", "pixels"), [(1, 975), (2, 2025)])
def test_png_is_as_wide_as_the_columns_at_300_dpi(map_of_cat: ViewFigure, columns, pixels: int):
    with Image.open(io.BytesIO(map_of_cat.to_bytes("png", columns=columns))) as image:
        assert image.width == pixels
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert image.info["Title"] == "Attention map"
        assert image.info["Description"] == map_of_cat.caption
        assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


def test_the_dark_theme_has_the_ground_of_the_page(map_of_cat: ViewFigure):
    with Image.open(io.BytesIO(map_of_cat.to_bytes("png", theme="dark"))) as image:
        assert image.convert("RGB").getpixel((2, 2)) == (0x0E, 0x0A, 0x0F)


@pytest.mark.parametrize("format", ["svg", "pdf", "png", "csv", "npz"])
def test_the_same_figure_is_the_same_bytes(cat: Trace, format: str):
    first, second = (figure("attention-map", cat, layer=3, head=1, token=2) for _ in range(2))
    assert first.to_bytes(format) == second.to_bytes(format)


def test_several_threads_save_at_once_and_leave_no_setting_behind(cat: Trace):
    before = dict(mpl.rcParams)
    views = [figure("attention-map", cat, layer=layer, head=1) for layer in range(4)]
    formats = ["svg", "png", "pdf", "svg"]
    expected = [view.to_bytes(format) for view, format in zip(views, formats, strict=True)]
    start = threading.Barrier(4)

    def made(view: ViewFigure, format: str) -> bytes:
        start.wait()
        return view.to_bytes(format)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(made, views, formats)) == expected
    assert dict(mpl.rcParams) == before


def test_nobodys_style_sheet_changes_a_figure(map_of_cat: ViewFigure):
    plain = map_of_cat.to_bytes("svg")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        assert map_of_cat.to_bytes("svg") == plain


def test_the_caption_stands_below_unless_it_is_not_wanted(map_of_cat: ViewFigure):
    assert map_of_cat.caption == (
        "“The cat sat on the mat.” — embedded, layer 4, head 2 (counted from 1); "
        "focused: “cat” at position 2."
    )
    said = " ".join(texts_of(map_of_cat.to_bytes("svg")))
    assert map_of_cat.caption in said
    without = map_of_cat.to_bytes("svg", caption=False)
    assert "“The" not in " ".join(texts_of(without))
    whole, bare = map_of_cat.matplotlib(), map_of_cat.matplotlib(caption=False)
    assert bare.get_figheight() < whole.get_figheight()


def test_csv_reads_back_as_the_same_numbers(cat: Trace, map_of_cat: ViewFigure):
    rows = list(csv.DictReader(io.StringIO(map_of_cat.to_bytes("csv").decode("utf-8"), newline="")))
    attention = cat.layers[3].attention[1]
    n = len(cat.tokens)
    assert list(rows[0]) == ["from", "from.label", "to", "to.label", "value"]
    assert len(rows) == n * n
    found = np.zeros((n, n), dtype=np.float32)
    for row in rows:
        i, j = int(row["from"]), int(row["to"])
        assert (row["from.label"], row["to.label"]) == (cat.tokens[i].text, cat.tokens[j].text)
        found[i, j] = np.float32(row["value"])
    np.testing.assert_array_equal(found, attention)


def test_csv_of_several_arrays_names_each_and_leaves_out_what_one_lacks():
    numbers = {
        "a": Numbers(
            np.array([[1.5, np.nan, np.inf]], dtype=np.float32), ("x", "y"), (None, ["u", "v", "w"])
        ),
        "b": Numbers(np.array([-2.5, 1e-8], dtype=np.float32), ("z",), (None,)),
    }
    view = ViewFigure("test", "Test", "A test.", numbers, lambda *_: None, lambda _: 1.0)
    assert view.to_bytes("csv").decode() == (
        "array,x,y,y.label,z,value\r\n"
        "a,0,0,u,,1.5\r\n"
        "a,0,1,v,,nan\r\n"
        "a,0,2,w,,inf\r\n"
        "b,,,,0,-2.5\r\n"
        "b,,,,1,1e-08\r\n"
    )  # fmt: skip


def test_a_spreadsheet_runs_no_label_and_the_label_can_be_had_back(hostile: Trace):
    view = figure("attention-map", hostile)
    rows = list(csv.DictReader(io.StringIO(view.to_bytes("csv").decode("utf-8"), newline="")))
    labels = {int(row["to"]): row["to.label"] for row in rows}
    for token in hostile.tokens:
        label = labels[token.index]
        assert not label.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert label.removeprefix("'") == token.text
    assert labels[[token.text for token in hostile.tokens].index("=")] == "'="
    assert [harmless(text) for text in ("'=1", "a=1", "\t1", "plain")] == [
        "''=1", "a=1", "'\t1", "plain"
    ]  # fmt: skip


def test_npz_reads_back_as_the_same_numbers_without_pickles(cat: Trace, map_of_cat: ViewFigure):
    with np.load(io.BytesIO(map_of_cat.to_bytes("npz")), allow_pickle=False) as arrays:
        assert arrays["attention"].dtype == np.float32
        np.testing.assert_array_equal(arrays["attention"], cat.layers[3].attention[1])
        texts = [token.text for token in cat.tokens]
        assert arrays["attention.from"].tolist() == texts
        assert arrays["attention.to"].tolist() == texts
        assert arrays["attention.axes"].tolist() == ["from", "to"]
        assert arrays["caption"].tolist() == [map_of_cat.caption]


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("svg", b"<?xml"), ("PDF", b"%PDF"), ("png", b"\x89PNG"), ("csv", b"from,"), ("npz", b"PK")],
)
def test_the_suffix_says_what_is_written(
    map_of_cat: ViewFigure, tmp_path: Path, suffix: str, start: bytes
):
    path = tmp_path / f"head.{suffix}"
    map_of_cat.save(path)
    assert path.read_bytes().startswith(start)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_name_without_a_format_is_refused(map_of_cat: ViewFigure, tmp_path: Path):
    with pytest.raises(InvalidChoice) as refused:
        map_of_cat.save(tmp_path / "head.jpeg")
    assert str(refused.value) == (
        "The name 'head.jpeg' does not say what to write. Let it end with one of .svg, .pdf, .png, "
        ".csv, .npz."
    )
    with pytest.raises(InvalidChoice) as refused:
        map_of_cat.to_bytes("gif")
    assert str(refused.value) == (
        "A figure cannot be saved as 'gif'. Choose one of svg, pdf, png, csv, npz."
    )


def test_what_cannot_be_written_leaves_nothing_behind(map_of_cat: ViewFigure, tmp_path: Path):
    missing = tmp_path / "no" / "head.csv"
    with pytest.raises(InvalidChoice) as refused:
        map_of_cat.save(missing)
    assert str(refused.value) == (
        f"{missing} cannot be written (No such file or directory). Choose a folder that is "
        "there, that you may write to, and that has room."
    )
    folder = tmp_path / "head.csv"
    folder.mkdir()
    with pytest.raises(InvalidChoice, match="cannot be written"):
        map_of_cat.save(folder)
    assert [one.name for one in tmp_path.iterdir()] == ["head.csv"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"columns": 3},
            "A figure cannot be 3 columns wide. Choose 1 (3.25 inches) or 2 (6.75 inches).",
        ),
        ({"theme": "sepia"}, "There is no theme 'sepia'. Choose one of dark, light."),
    ],
)
def test_a_paper_that_is_none_is_refused(map_of_cat: ViewFigure, more, said: str):
    with pytest.raises(InvalidChoice) as refused:
        map_of_cat.to_bytes("png", **more)
    assert str(refused.value) == said


def test_pyplot_is_never_touched():
    code = (
        "import sys, attention_atlas as aa\n"
        "from attention_atlas.views.figures.making import figure\n"
        "assert 'matplotlib' not in sys.modules\n"
        "trace = aa.trace(aa.load_model('embedded'), 'a cat')\n"
        "figure('attention-map', trace).to_bytes('pdf')\n"
        "print('matplotlib.pyplot' in sys.modules, 'shiny' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False False\n", "")
