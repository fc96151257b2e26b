"""plotly.js as text that a page can carry: compressed, a third of its size."""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def packed_plotly() -> str:
    """The plotly.js of the installed `plotly` package, gzip in base64.

    Browsers unpack it with DecompressionStream; a page is 2 MB where it would be 5.
    """
    return base64.b64encode(gzip.compress(_script(), 9, mtime=0)).decode()


@lru_cache(maxsize=1)
def plotly_hash() -> str:
    """What a Content-Security-Policy calls plotly.js."""
    return script_hash(_script())


def script_hash(script: bytes) -> str:
    """What a Content-Security-Policy calls a script that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()


def _script() -> bytes:
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
