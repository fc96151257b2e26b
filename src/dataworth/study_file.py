"""A study as TOML: the same options as in Python, under the same names."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from dataworth.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.mistakes import Mistakes
from dataworth.sources import names
from dataworth.study import Study

FILE_NAME = "study.toml"
_OPTIONS = tuple(option.name for option in fields(Study))
_NOT_IN_FILE = "(given in Python)"


def shipped_studies() -> tuple[str, ...]:
    """Names of the studies that come with dataworth."""
    folder = resources.files("dataworth") / "studies"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def read_studies(where: str | os.PathLike[str]) -> list[Study]:
    """Read a shipped study by name, a TOML file, or the study of a run directory.

    A file whose ``data`` is a list gives one study for each.

    Raises
    ------
    StudyError
        If there is no such study, or the file is not valid; the message names file and option.
    """
    path = Path(where)
    if str(where) in shipped_studies():
        text = (resources.files("dataworth") / "studies" / f"{where}.toml").read_text("utf-8")
        return _parse(text, str(where), Path.cwd(), str(where))
    if path.is_dir():
        path = path / FILE_NAME
    if not path.is_file():
        close = difflib.get_close_matches(str(where), shipped_studies(), n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise StudyError(
            f"{where}: no study of this name, no TOML file and no run directory. Shipped studies: "
            f"{', '.join(shipped_studies())}.{hint}"
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StudyError(f"{path}: cannot be read ({reason}).") from None
    return _parse(text, str(path), path.parent, path.stem)


def to_toml(study: Study) -> str:
    """The study as TOML; an object that has no name in a file is noted as such."""
    values = {name: getattr(study, name) for name in _OPTIONS}
    values["data"] = _name_of_data(study.data)
    values["model"] = _name_of_model(study.model)
    values["data_options"] = {k: _plain(v) for k, v in study.data_options.items() if v is not None}
    for name in ("sizes", "seeds"):
        values[name] = None if values[name] is None else list(values[name])
    values["mistakes"] = study.mistakes.to_dict()
    return tomli_w.dumps({k: v for k, v in values.items() if v is not None and v != {}})


def _name_of_data(data: str | Path | Dataset) -> str:
    if isinstance(data, Dataset):
        return _NOT_IN_FILE
    # A run directory may be moved: a relative path would then point elsewhere.
    return str(Path(data).resolve()) if _is_path(data, Path.cwd()) else str(data)


def _name_of_model(model: Any) -> str:
    if not isinstance(model, str | Path):
        return _NOT_IN_FILE
    return str(Path(model).resolve()) if _is_model_file(Path(model)) else str(model)


def _is_model_file(path: Path) -> bool:
    return path.suffix == ".keras" and path.is_file()


def _plain(value: Any) -> Any:
    """A value that TOML has: no paths, and no numbers of numpy."""
    if isinstance(value, os.PathLike):
        return str(Path(value).resolve())
    return value.item() if isinstance(value, np.generic) else value


def _parse(text: str, where: str, folder: Path, name: str) -> list[Study]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where}: not valid TOML: {error}.") from None
    unknown = [key for key in values if key not in _OPTIONS]
    if unknown:
        close = difflib.get_close_matches(unknown[0], _OPTIONS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise StudyError(
            f"{where}: unknown option {unknown[0]!r}; known are {', '.join(_OPTIONS)}.{hint}"
        )
    if "data" not in values:
        raise StudyError(f'{where}: data is missing; name what to train on, as data = "digits".')
    if _NOT_IN_FILE in (values["data"], values.get("model")):
        raise StudyError(
            f"{where}: this study's data or model were given as Python objects; run it again from "
            "Python with the same objects, as dataworth.Study(...).run(DIRECTORY)."
        )
    model = values.get("model")
    if isinstance(model, str) and _is_model_file(folder / model):
        values["model"] = str(folder / model)
    try:
        values["mistakes"] = Mistakes.from_dict(values.get("mistakes", {}))
        values.setdefault("name", name)
        return _one_per_data(values, folder)
    except (StudyError, TypeError) as error:
        raise StudyError(f"{where}: {error}") from None


def _one_per_data(values: dict[str, Any], folder: Path) -> list[Study]:
    data = values.pop("data")
    if not isinstance(data, list):
        return [Study(data=_beside(folder, data), **values)]
    studies = [Study(data=_beside(folder, each), **values) for each in data]
    return [
        replace(study, name=f"{study.name}/{Path(str(each)).name}")
        for study, each in zip(studies, data, strict=True)
    ]


def _beside(folder: Path, data: Any) -> Any:
    """A path in a study file is relative to the file."""
    return str(folder / data) if isinstance(data, str) and _is_path(data, folder) else data


def _is_path(data: str | Path, folder: Path) -> bool:
    return str(data) not in names() and (folder / data).exists()
