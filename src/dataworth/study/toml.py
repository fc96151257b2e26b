"""Reading studies: shipped ones by name, TOML files, and run directories."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from shlex import quote
from typing import Any

from dataworth._util.toml import MOST_CHARACTERS, parse_toml
from dataworth._util.words import did_you_mean
from dataworth.errors import StudyError
from dataworth.learners.base import OPTIONS
from dataworth.records.layout import RESULTS_FILE, STUDY_FILE
from dataworth.study.document import IN_PYTHON, data_beside, model_beside, options_beside
from dataworth.study.shipped import is_run_directory, shipped_studies, shipped_text
from dataworth.study.spec import Study
from dataworth.study.variants import SECTIONS, read_variant

_OPTIONS = tuple(each.name for each in fields(Study) if each.name != "variant") + tuple(SECTIONS)


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
        return _parse(shipped_text(str(where)), str(where), Path.cwd(), str(where))
    is_run = is_run_directory(where)
    if is_run:
        path = path / STUDY_FILE
    if not path.is_file():
        hint = did_you_mean(str(where), shipped_studies(), str)
        raise StudyError(
            f"{where}: no study of this name, no TOML file and no run directory. Shipped studies: "
            f"{', '.join(shipped_studies())}.{hint}",
            code="unknown-study",
        )
    try:
        if path.stat().st_size > MOST_CHARACTERS:
            raise StudyError(
                f"{path}: {path.stat().st_size / 1e6:,.0f} MB; expected the TOML file of a study, "
                f"of at most {MOST_CHARACTERS / 1e6:.0f} MB.{_of_another_kind(path)}",
                code="value-out-of-range",
            )
        # Notepad begins a file with a mark that TOML does not know.
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StudyError(
            f"{path}: cannot be read ({reason}).{_of_another_kind(path)}", code="file-unreadable"
        ) from None
    studies = _parse(text, str(path), path.parent, path.stem)
    has_results = is_run and (path.parent / RESULTS_FILE).is_file()
    if has_results and "standardize" not in parse_toml(text):
        return [_as_it_was(study) for study in studies]
    return studies


def _of_another_kind(path: Path) -> str:
    """What to type for a file that is no study by its name."""
    if path.suffix.casefold() == ".toml":
        return ""
    return (
        f" A study is a TOML file; data are given with --data {quote(str(path))}, and measurements "
        f"to `dataworth forecast {quote(str(path))}`."
    )


def _as_it_was(study: Study) -> Study:
    """A run directory's study with the meaning that its file had when it was written.

    A file of before runs were trained to the end always has epochs or steps, and the features
    were not standardised then. A later one names both as they were used.
    """
    fixed = study.epochs is not None or study.steps is not None
    return replace(study, standardize=False) if fixed else study


def _parse(text: str, where: str, folder: Path, name: str) -> list[Study]:
    try:
        values = parse_toml(text)
    except ValueError as error:
        raise StudyError(
            f"{where}: not valid TOML: {error}.{_of_another_kind(Path(where))}",
            code="file-malformed",
        ) from None
    unknown = [key for key in values if key not in _OPTIONS]
    if unknown:
        hint = did_you_mean(unknown[0], _OPTIONS, str)
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
    models = values.get("model")
    each = models.values() if isinstance(models, dict) else [models]
    names = ("cv", "fit_params", "scoring", "parameters", *OPTIONS)
    if IN_PYTHON in (values["data"], *(values.get(name) for name in names), *each):
        raise StudyError(
            f"{where}: this study's data, model or options were given as Python objects; run it "
            "again from Python with the same objects, as dataworth.Study(...).run(DIRECTORY).",
            code="study-from-objects",
        )
    try:
        for option, beside in (("model", model_beside), ("data_options", options_beside)):
            if option in values:
                values[option] = beside(folder, values[option])
        for section in [name for name in SECTIONS if name in values]:
            variant = read_variant(section, values.pop(section))
            if variant is not None:
                values["variant"] = variant
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
    for each in data:
        if not isinstance(each, str):
            raise StudyError(
                f"data = {each!r}: expected a name or a path, as each entry of a list is.",
                code="wrong-type",
                option="data",
            )
    studies = [Study(data=data_beside(folder, each), **values) for each in data]
    return [
        replace(study, name=f"{study.name}/{short}")
        for study, short in zip(studies, _short_names(data), strict=True)
    ]


def _short_names(data: Sequence[str]) -> list[str]:
    """The last names of several data sets, with as much of their paths as distinguishes them."""
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
