"""What a browser may do with what the application answers, as headers."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser

from attention_atlas.app.settings import Settings


def inline_scripts(html: str) -> list[str]:
    """The scripts that are written out in a page."""
    found: list[str] = []

    class Reader(HTMLParser):
        inside = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            runs = given.get("type") in (None, "", "module", "text/javascript")
            self.inside = tag == "script" and "src" not in given and runs

        def handle_data(self, data: str) -> None:
            if self.inside:
                found.append(data)

        def handle_endtag(self, tag: str) -> None:
            self.inside = False

    reader = Reader()
    reader.feed(html)
    reader.close()
    return found


MAPLIBRE = "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
"""Styles that Plotly's script adds for maps of the earth. We draw none, but a browser complains."""


PARTS = ("text/javascript", "text/css", "font/")
"""What is only ever a part of a page. A policy would say nothing of it, and a first visit gets a
hundred of these."""
OF_PARTS = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
"""The headers that a part has as well."""


def is_part(content_type: str) -> bool:
    """Whether such an answer is never a page of its own."""
    return content_type.startswith(PARTS)


def headers_of(settings: Settings, scripts: Iterable[str]) -> Mapping[str, str]:
    """The headers of an answer; `scripts` are written out in the page, and may run."""
    hashes = "".join(f" {_hash(script)}" for script in scripts)
    frames = " ".join(("'self'", *settings.frame_ancestors))
    policy = (
        "default-src 'none'",
        f"script-src 'self'{hashes}",
        f"style-src 'self' {_hash('')} {MAPLIBRE}",  # Plotly fills an empty one, rule by rule
        "style-src-attr 'unsafe-inline'",  # and says of its images that pixels stay pixels
        "img-src 'self' data:",
        f"connect-src 'self'{_reloading(settings)}",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors {frames}",
    )
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if not settings.frame_ancestors:  # it cannot name another than oneself
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return headers


def _reloading(settings: Settings) -> str:
    """Where `shiny run --reload` tells the page that the code has changed: at a port of its own."""
    port = os.environ.get("SHINY_AUTORELOAD_PORT", "")
    return f" ws://127.0.0.1:{port}" if port.isdecimal() and not settings.server else ""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
