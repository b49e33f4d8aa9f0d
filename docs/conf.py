"""How Sphinx builds the guide; scripts/build_docs.py, which is `make docs`, calls it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.ext.napoleon import Config, GoogleDocstring

import attention_atlas

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Attention Atlas"
version = release = attention_atlas.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
smartquotes_action = "De"  # dashes and dots; a string in a docstring keeps its quotes

# The notebook arrives executed. Widgets are shown as their still pictures: the guide has no kernel
# and asks no network for scripts.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, Any] = {}
nb_mime_priority_overrides = [
    ("html", "image/svg+xml", 1),
    ("html", "image/png", 2),
    ("html", "text/html", 3),
]
nb_merge_streams = True

# Docstrings have code between single backticks; where it is a name of ours it becomes a link.
default_role = "py:obj"
add_module_names = False
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "undoc-members": True}

html_theme = "furo"
html_title = "Attention Atlas"
html_favicon = str(Path(attention_atlas.__file__).parent / "app" / "static" / "favicon.svg")
html_static_path = ["static"]
html_css_files = ["guide.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#c2156c",
        "color-brand-content": "#c2156c",
        "color-brand-visited": "#c2156c",
    },
    "dark_css_variables": {
        "color-brand-primary": "#ff6fae",
        "color-brand-content": "#ff6fae",
        "color-brand-visited": "#ff6fae",
        "color-background-primary": "#0e0a0f",
        "color-background-secondary": "#141016",
    },
}

_CODE = re.compile(r"(``.*?``|`[^`]*`)", re.DOTALL)
_CONSTANT = re.compile(r"(?<== )[A-Z][A-Z_]+\b")


def _marked_up(
    app: Sphinx, _what: str, name: str, given: Any, options: Any, lines: list[str]
) -> None:
    """Docstrings are prose with code in it, |i − j| and *heads mean themselves, and sections."""
    parts = _CODE.split("\n".join(lines))
    parts[::2] = [re.sub(r"([|*])", r"\\\1", prose) for prose in parts[::2]]
    prose = "".join(parts).split("\n")
    # Of an attribute napoleon would take what stands before a colon for its type.
    lines[:] = GoogleDocstring(prose, Config(), app, "method", name, given, options).lines()


def _signature(
    _app: Sphinx, what: str, _name: str, given: Any, _options: Any, signature: str, returns: str
) -> tuple[str, str | None] | None:
    """Defaults as what they are, 0.01 and not THRESHOLD; and none for a class.

    A class is made by a function, or by its fields, which are listed below it.
    """
    if what == "class":
        return "", None
    if not signature:
        return None
    known = getattr(given, "__globals__", {})

    def told(constant: re.Match[str]) -> str:
        value = known.get(constant[0])
        return repr(value) if isinstance(value, (str, int, float)) else constant[0]

    return _CONSTANT.sub(told, signature), returns


def setup(app: Sphinx) -> None:
    """Registers how docstrings and signatures are read."""
    app.connect("autodoc-process-docstring", _marked_up)
    app.connect("autodoc-process-signature", _signature)
