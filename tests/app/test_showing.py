from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs

import pytest

import attention_atlas as aa
from attention_atlas.errors import InvalidChoice, NeedsModel
from attention_atlas.models.model import Model


def test_the_application_answers_until_it_is_stopped(tiny: Model):
    trace = aa.trace(tiny, "it played & <b>", pair="on")
    with aa.show(trace, layer=1, head=2, token=1, browser=False) as application:
        address, _, fragment = application.url.partition("#")
        assert parse_qs(fragment) == {
            "text": ["it played & <b>"],
            "pair": ["on"],
            "layer": ["2"],
            "head": ["3"],
            "token": ["1"],
        }
        with urllib.request.urlopen(address, timeout=60) as response:
            assert "Attention Atlas" in response.read().decode()
        assert "it played" not in repr(application)
        assert "&amp;" in application._repr_html_()
    assert not application.running
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=2)
    assert "stopped" in application._repr_html_()


def test_a_small_model_opens_on_its_last_layer_and_head(tiny: Model):
    with aa.show(aa.trace(tiny, "it"), browser=False) as application:
        chosen = parse_qs(application.url.partition("#")[2])
    assert (chosen["layer"], chosen["head"]) == (["2"], ["3"])


def test_what_cannot_be_shown_is_said(tiny: Model, tmp_path: Path):
    trace = aa.trace(tiny, "it played")
    with pytest.raises(InvalidChoice, match="There is no token 9"):
        aa.show(trace, token=9, browser=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidChoice, match=f"Nothing can listen at port {port}"):
            aa.show(trace, port=port, browser=False)
    trace.save(tmp_path / "it.npz")
    with pytest.raises(NeedsModel, match=r"aa\.load_trace"):
        aa.show(aa.load_trace(tmp_path / "it.npz"), browser=False)
