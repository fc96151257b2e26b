"""A study as TOML: the same options as in Python, under the same names."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.records.layout import STUDY_FILE
from dataworth.reproductions.emnist_paper import Mistakes
from dataworth.sources import names
from dataworth.study.spec import Study

_PATH_OPTIONS = ("folder",)
"""The options of data that are paths."""


def data_beside(folder: Path, data: Any) -> Any:
    """Data as a study file in `folder` names them; a name wins over a path."""
    return str(folder / data) if isinstance(data, str) and _is_path(data, folder) else data


def model_beside(folder: Path, model: Any) -> Any:
    """A model as a study file in `folder` names it."""
    found = isinstance(model, str) and _is_model_file(folder / model)
    return str(folder / model) if found else model


def options_beside(folder: Path, options: Any) -> Any:
    """Options of data as a study file in `folder` gives them; what is no table is left as it is.

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
                code="not-a-path",
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


def options_to_keep(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of data as values that TOML has: no None, and no numbers of numpy."""
    return {name: _plain(name, value) for name, value in options.items() if value is not None}


def _plain(name: str, value: Any) -> Any:
    if name in _PATH_OPTIONS or isinstance(value, os.PathLike):
        return str(Path(value).expanduser().resolve())
    return value.item() if isinstance(value, np.generic) else value


def _is_path(data: str | Path, folder: Path) -> bool:
    return str(data) not in ("", *names()) and (folder / data).exists()


def _is_model_file(path: Path) -> bool:
    return path.suffix == ".keras" and path.is_file()


_OPTIONS = tuple(option.name for option in fields(Study))
_NOT_IN_FILE = "(given in Python)"


def shipped_studies() -> tuple[str, ...]:
    """Names of the studies that come with dataworth."""
    folder = resources.files("dataworth") / "studies"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def is_run_directory(where: str | os.PathLike[str]) -> bool:
    """Whether `where` means a run directory; the name of a shipped study never does.

    ``./quickstart`` is a folder, whatever ``quickstart`` is.
    """
    return str(where) not in shipped_studies() and (Path(where) / STUDY_FILE).is_file()


def read_studies(where: str | os.PathLike[str]) -> list[Study]:
    """Read a shipped study by name, a TOML file, or the study of a run directory.

    A name wins over a path. A file whose ``data`` is a list gives one study for each.

    Raises
    ------
    StudyError
        If there is no such study, or the file is not valid; the message names file and option.
    """
    path = Path(where)
    if str(where) in shipped_studies():
        text = (resources.files("dataworth") / "studies" / f"{where}.toml").read_text("utf-8")
        return _parse(text, str(where), Path.cwd(), str(where))
    if is_run_directory(where):
        path = path / STUDY_FILE
    if not path.is_file():
        close = difflib.get_close_matches(str(where), shipped_studies(), n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise StudyError(
            f"{where}: no study of this name, no TOML file and no run directory. Shipped studies: "
            f"{', '.join(shipped_studies())}.{hint}",
            code="unknown-study",
        )
    try:
        # Notepad begins a file with a mark that TOML does not know.
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StudyError(f"{path}: cannot be read ({reason}).", code="file-unreadable") from None
    return _parse(text, str(path), path.parent, path.stem)


def to_toml(study: Study) -> str:
    """The study as TOML; an object that has no name in a file is noted as such."""
    values = {name: getattr(study, name) for name in _OPTIONS}
    data, model = study.data, study.model
    values["data"] = _NOT_IN_FILE if isinstance(data, Dataset) else data_to_keep(data)
    values["model"] = model_to_keep(model) if isinstance(model, str | Path) else _NOT_IN_FILE
    values["data_options"] = options_to_keep(study.data_options)
    for name in ("sizes", "seeds"):
        values[name] = None if values[name] is None else list(values[name])
    values["mistakes"] = study.mistakes.to_dict()
    return tomli_w.dumps({k: v for k, v in values.items() if v is not None and v != {}})


def _parse(text: str, where: str, folder: Path, name: str) -> list[Study]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where}: not valid TOML: {error}.", code="toml-malformed") from None
    unknown = [key for key in values if key not in _OPTIONS]
    if unknown:
        close = difflib.get_close_matches(unknown[0], _OPTIONS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise StudyError(
            f"{where}: unknown option {unknown[0]!r}; known are {', '.join(_OPTIONS)}.{hint}",
            code="unknown-option",
            option=unknown[0],
        )
    if "data" not in values:
        raise StudyError(
            f'{where}: data is missing; name what to train on, as data = "digits".',
            code="option-missing",
            option="data",
        )
    if _NOT_IN_FILE in (values["data"], values.get("model")):
        raise StudyError(
            f"{where}: this study's data or model were given as Python objects; run it again from "
            "Python with the same objects, as dataworth.Study(...).run(DIRECTORY).",
            code="study-from-objects",
        )
    try:
        for option, beside in (("model", model_beside), ("data_options", options_beside)):
            if option in values:
                values[option] = beside(folder, values[option])
        values["mistakes"] = Mistakes.from_dict(values.get("mistakes", {}))
        values.setdefault("name", name)
        return _one_per_data(values, folder)
    except (StudyError, TypeError) as error:
        raise StudyError(
            f"{where}: {error}",
            code="wrong-type" if isinstance(error, TypeError) else error.code,
            **getattr(error, "values", {}),
        ) from None


def _one_per_data(values: dict[str, Any], folder: Path) -> list[Study]:
    data = values.pop("data")
    if not isinstance(data, list):
        return [Study(data=data_beside(folder, data), **values)]
    if not data:
        raise StudyError(
            "data = []: expected a name or a path, or a list of at least one.",
            code="nothing-given",
            option="data",
        )
    studies = [Study(data=data_beside(folder, each), **values) for each in data]
    return [
        replace(study, name=f"{study.name}/{short}")
        for study, short in zip(studies, _short_names(data), strict=True)
    ]


def _short_names(data: Sequence[str]) -> list[str]:
    """The last names of several data sets, with as much of their paths as tells them apart."""
    parts = [[part for part in Path(each).parts if part != Path(each).anchor] for each in data]
    for count in range(1, max(1, *map(len, parts)) + 1):
        names = ["-".join(each[-count:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    twice = next(name for name in names if names.count(name) > 1)
    raise StudyError(
        f"data: two of the list would be called {twice!r} in the run directory. Name each data "
        "set once, or rename a file.",
        code="named-twice",
        option="data",
        value=twice,
    )
