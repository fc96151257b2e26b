"""Optional dependencies: libraries that an extra of the package installs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from dataworth.errors import MissingDependencyError

EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "jax": "keras",
        "keras": "keras",
        "matplotlib": "plots",
        "jinja2": "report",
        "plotly": "report",
        "PIL": "report",
        "polars": "tables",
        "sklearn": "sklearn",
        "pooch": "download",
        "requests": "download",
        "tqdm": "download",
        "kagglehub": "kaggle",
        "mlflow": "mlflow",
        "torch": "torch",
        "ray": "ray",
        "fsspec": "remote",
        "shtab": "completion",
    }
)
"""The extra that installs each library, by the name that is imported."""


def require(library: str, purpose: str, otherwise: str = "") -> None:
    """Check that a library is installed, before it is imported.

    Parameters
    ----------
    library : str
        The name that is imported; one of `EXTRAS`.
    purpose : str
        What needs it, as the subject of a sentence: "pictures".
    otherwise : str
        What can be done without it, in a sentence.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message has the command that installs it.
    """
    if sys.modules.get(library) is None and find_spec(library) is None:
        raise missing(library, purpose, otherwise)


def missing(library: str, purpose: str, otherwise: str = "") -> MissingDependencyError:
    """The error for a library that is not installed."""
    extra = EXTRAS[library]
    return MissingDependencyError(
        f"{purpose} need the library {library}, which is not installed: "
        f"pip install 'dataworth[{extra}]'" + (f". {otherwise}" if otherwise else ""),
        code="missing-extra",
        extra=extra,
    )
