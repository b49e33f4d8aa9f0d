"""How Sphinx builds the guide; scripts/build_docs.py, which is `make docs`, calls it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attention_atlas

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Attention Atlas"
version = release = attention_atlas.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3

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
napoleon_numpy_docstring = False

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


def _plain(_app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]):
    """Docstrings are prose with code in it: |i − j| and *heads mean themselves."""
    parts = _CODE.split("\n".join(lines))
    parts[::2] = [re.sub(r"([|*])", r"\\\1", prose) for prose in parts[::2]]
    lines[:] = "".join(parts).split("\n")


def _unsigned(_app: Sphinx, what: str, *_rest: Any) -> tuple[str, None] | None:
    """A class is made by a function, or by its fields, which are listed below it."""
    return ("", None) if what == "class" else None


def setup(app: Sphinx) -> None:
    """Before napoleon, which makes markup of "Args:" and its like."""
    app.connect("autodoc-process-docstring", _plain, priority=400)
    app.connect("autodoc-process-signature", _unsigned)
