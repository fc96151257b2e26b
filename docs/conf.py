"""How Sphinx builds the pages: python -m sphinx -W docs OUT."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

from dataworth import __version__

sys.path.insert(0, str(Path(__file__).parent))
import run_pages

project = "dataworth"
copyright = "the dataworth developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# The docstrings say types and defaults in words.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "__new__"}
autodoc_class_signature = "separated"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
# Single backticks in docstrings name things of the package.
default_role = "code"

html_theme = "furo"
html_title = "dataworth"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
copybutton_exclude = ".linenos, .gp, .go"


def _draw_gallery(app: Sphinx) -> None:
    run_pages.run(Path(app.srcdir) / "gallery.md", Path(app.srcdir) / "_gallery")


def setup(app: Sphinx) -> None:
    """Draw the pictures of the gallery before the pages are read."""
    app.connect("builder-inited", _draw_gallery)
