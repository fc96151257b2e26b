"""A command as a model: a program in any language that trains and scores one run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataworth._util.words import did_you_mean
from dataworth.errors import StudyError
from dataworth.learners.function import RunModel, checked_scores
from dataworth.records.run import Run

PREFIX = "$ "
"""How a study file and the command line mark a model as a command."""
PLACEHOLDERS = (
    *("rows", "rows.txt", "held_out", "held_out.txt"),
    *("model", "size", "seed", "key", "folder", "metrics"),
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OF_SHELLS = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1"})
_TAIL = 4_000
"""Characters of the output that a failure quotes."""
_NOT_RUN, _NOT_FOUND = 126, 127
"""Exit codes of a shell for a program that cannot be run, and that is not there."""


class Command(RunModel):
    """Runs a command for each run, and reads the figures that it leaves.

    The command is split as a POSIX shell splits it; no shell interprets it. It runs in the folder
    in which the study was started, with its output in ``output.txt`` of the run's folder.

    Parameters
    ----------
    command : str
        With placeholders: ``{rows}`` and ``{held_out}``, paths of .npy files of row numbers
        (int64); ``{rows.txt}`` and ``{held_out.txt}``, the same as text, one number a line;
        ``{metrics}``, the path where the command leaves a JSON object of numbers by name;
        ``{model}``, ``{size}``, ``{seed}``, ``{key}`` and ``{folder}``, as in `dataworth.Run`. The
        same values are in the environment as DATAWORTH_ROWS, DATAWORTH_ROWS_TXT, and so on. A
        command that leaves no file prints the JSON object on a line; the last one counts.
    name : str, optional
        What tables call the model; by default the name of the script.

    Raises
    ------
    StudyError
        If the command is empty, a quotation mark is not closed, or a placeholder is not known.
    """

    def __init__(self, command: str, name: str | None = None) -> None:
        self.command = command
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise StudyError(
                f"command {command!r}: cannot be split into words ({error}). Close the quotation "
                "mark.",
                code="command-malformed",
            ) from None
        if not self._words:
            raise StudyError("command: it is empty.", code="command-malformed")
        of_shell = next((word for word in self._words if word in _OF_SHELLS), None)
        if of_shell is not None:
            raise StudyError(
                f"command {command!r}: no shell reads it, so that {of_shell} would be an argument. "
                "Quote it as one argument of a shell: sh -c '...'.",
                code="command-malformed",
            )
        for found in _PLACEHOLDER.findall(command):
            # Braces with other content are the command's own, as in JSON or awk.
            if re.fullmatch(r"[a-z_.]+", found) and found not in PLACEHOLDERS:
                hint = did_you_mean(found, PLACEHOLDERS, "{{{}}}".format)
                raise StudyError(
                    f"command {command!r}: {{{found}}} is not a placeholder.{hint} There are "
                    f"{', '.join(f'{{{each}}}' for each in PLACEHOLDERS)}.",
                    code="command-malformed",
                )
        self._folder = Path.cwd()
        self.name = name or self._script_name()

    @property
    def is_importable(self) -> bool:
        """True: another process can always run the command."""
        return True

    def __repr__(self) -> str:
        return f"Command({self.command!r})"

    def identity(self) -> Mapping[str, Any]:
        """The command, and a hash of each file that it names."""
        files = {
            word: hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
            for word in self._words
            if not _PLACEHOLDER.search(word)
            and (path := self._folder / word).is_file()
            # The program itself is the machine's.
            and not os.access(path, os.X_OK)
        }
        return {"learner": "command", "command": self.command, "files": files}

    def __call__(self, run: Run) -> dict[str, float]:
        """Run the command and check the figures that it leaves.

        Raises
        ------
        StudyError
            If the command cannot be run, ends with an exit code other than 0 or by a signal, or
            leaves no figures; the message quotes the end of its output.
        """
        values = run_files(run)
        words = self.words(values)
        names = {name: "DATAWORTH_" + name.upper().replace(".", "_") for name in values}
        environment = os.environ | {names[name]: value for name, value in values.items()}
        output = run.folder / "output.txt"
        try:
            with output.open("wb") as file:
                code = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    env=environment,
                    check=False,
                ).returncode
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            raise StudyError(
                f"the command {words[0]} cannot be run ({error.strerror}). Check its name, and "
                f"that it is on PATH; it was started in {self._folder}.",
                code="user-code-failed",
            ) from None
        text = output.read_bytes().decode("utf-8", "replace")
        if code:
            raise StudyError(
                f"the command {self.name} {_ending(code)}{_last_line(text)}\n{text[-_TAIL:]}",
                code="user-code-failed",
            )
        return self._scores(Path(values["metrics"]), text)

    def words(self, values: Mapping[str, str]) -> list[str]:
        """The words of the command, with the placeholders replaced by `values`."""
        return [_filled(word, values) for word in self._words]

    def _scores(self, path: Path, output: str) -> dict[str, float]:
        if path.is_file():
            source, text = f"{path.name}", path.read_bytes().decode("utf-8", "replace")
        else:
            lines = [line for line in output.splitlines() if line.strip()]
            # Warnings may follow it, such as those of a library that is taken down.
            objects = [line for line in lines if _object(line) is not None]
            source, text = "the last line of its output", "".join((objects or lines)[-1:])
        what = f"the command {self.name}"
        found = _object(text)
        if found is None:
            left = f"{text.strip()[:80]!r}" if text.strip() else "empty"
            raise StudyError(
                f'{what} left no metrics: expected a JSON object such as {{"accuracy": 0.93}} in '
                f"{path} ({{metrics}}), or as the last line of its output; {source} is {left}.\n"
                f"{output[-_TAIL:]}",
                code="invalid-scores",
            )
        return checked_scores(found, what)

    def _script_name(self) -> str:
        scripts = [word for word in self._words if Path(word).suffix and "{" not in word]
        return Path(scripts[0] if scripts else self._words[0]).stem


def run_files(run: Run) -> dict[str, str]:
    """The values of all placeholders for a run; the files of row numbers are written."""
    files: dict[str, str] = {}
    for name, rows in (("rows", run.rows), ("held_out", run.held_out)):
        binary, text = run.folder / f"{name}.npy", run.folder / f"{name}.txt"
        np.save(binary, rows)
        text.write_text("".join(f"{row}\n" for row in rows.tolist()), encoding="ascii")
        files |= {name: str(binary.resolve()), f"{name}.txt": str(text.resolve())}
    folder = run.folder.resolve()
    return files | {
        "model": run.model,
        "size": str(run.size),
        "seed": str(run.seed),
        "key": run.key,
        "folder": str(folder),
        "metrics": str(folder / "metrics.json"),
    }


def _filled(word: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), word)


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is; None if it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _ending(code: int) -> str:
    if code < 0:
        # 9 is what the kernel sends where memory runs out.
        memory = "; memory may have run out" if code == -9 else ""
        return f"was killed by signal {-code}{memory}"
    reason = {_NOT_RUN: ": a program cannot be run", _NOT_FOUND: ": a program was not found"}
    return f"ended with exit code {code}{reason.get(code, '')}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f": {lines[-1][:200]}" if lines else " without any output"
