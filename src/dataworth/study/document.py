"""Study files: a study's options as TOML, with paths that hold in any folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from dataworth.errors import StudyError
from dataworth.sources import names
from dataworth.sources.shards import has_wildcards, is_address

IN_PYTHON = "(given in Python)"
"""Stands in a study file for data or a model that were given as Python objects."""
_PATH_OPTIONS = ("folder",)
"""The options of data that are paths."""


def data_beside(folder: Path, data: Any) -> Any:
    """Data as a study file in `folder` names them; a name wins over a path."""
    return str(folder / data) if isinstance(data, str) and _is_path(data, folder) else data


def model_beside(folder: Path, model: Any) -> Any:
    """A model, or several, as a study file in `folder` names it."""
    if isinstance(model, Mapping):
        return {name: model_beside(folder, each) for name, each in model.items()}
    if isinstance(model, list):
        return [model_beside(folder, each) for each in model]
    if not isinstance(model, str):
        return model
    # The file of "train.py:train" is the part before the name.
    file, _, name = model.rpartition(":")
    is_script = file.endswith(".py") and name.isidentifier() and (folder / file).is_file()
    return str(folder / model) if is_script or _is_model_file(folder / model) else model


def options_beside(folder: Path, options: Any) -> Any:
    """Options of data as a study file in `folder` gives them; what is not a table is left as it is.

    Raises
    ------
    StudyError
        If an option is to be a path and is not text.
    """
    if not isinstance(options, Mapping):
        return options
    paths = {name: options[name] for name in _PATH_OPTIONS if name in options}
    for name, value in paths.items():
        if not isinstance(value, str):
            raise StudyError(
                f"data_options: {name} = {value!r}: expected a path.",
                code="wrong-type",
                option=name,
                value=value,
            )
        paths[name] = str(folder / Path(value).expanduser())
    return {**options, **paths}


def data_to_keep(data: str | Path) -> str:
    """Data as a run directory names them, which may be moved: a path is made absolute."""
    return str(Path(data).resolve()) if _is_path(data, Path.cwd()) else str(data)


def model_to_keep(model: str | Path) -> str:
    """A model as a run directory names it."""
    return str(Path(model).resolve()) if _is_model_file(Path(model)) else str(model)


def models_to_keep(models: Any) -> Any:
    """One model, or several by name or in a list, as a run directory names them."""
    if isinstance(models, Mapping):
        return {name: models_to_keep(model) for name, model in models.items()}
    if isinstance(models, list | tuple):
        return [models_to_keep(model) for model in models]
    return models if models == IN_PYTHON else model_to_keep(models)


def options_to_keep(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of data as values that TOML has: no None, and no numbers of numpy."""
    return {name: _plain(name, value) for name, value in options.items() if value is not None}


def _plain(name: str, value: Any) -> Any:
    if name in _PATH_OPTIONS or isinstance(value, os.PathLike):
        return str(Path(value).expanduser().resolve())
    return value.item() if isinstance(value, np.generic) else value


def _is_path(data: str | Path, folder: Path) -> bool:
    if str(data) in ("", *names()) or is_address(str(data)):
        return False
    return (folder / data).exists() or has_wildcards(str(data))


def _is_model_file(path: Path) -> bool:
    return path.suffix == ".keras" and path.is_file()


def to_toml(values: Mapping[str, Any]) -> str:
    """A study's options as TOML; paths are made absolute, since a run directory may be moved.

    Parameters
    ----------
    values : mapping
        As `Study.values` gives them.
    """
    written = dict(values)
    if written["data"] != IN_PYTHON and not isinstance(written["data"], int):
        written["data"] = data_to_keep(written["data"])
    written["model"] = models_to_keep(written["model"])
    if "data_options" in written:
        written["data_options"] = options_to_keep(written["data_options"])
    for name in ("sizes", "seeds", "held_out", "validation"):
        if isinstance(written.get(name), tuple):
            written[name] = list(written[name])
    # A section must follow all plain options.
    order = sorted(written, key=lambda name: isinstance(written[name], Mapping))
    return tomli_w.dumps({name: written[name] for name in order})
