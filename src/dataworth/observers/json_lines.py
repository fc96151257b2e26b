"""The observer that appends what happens to a file of JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataworth._util.json import json_values
from dataworth.findings import Finding
from dataworth.observers.base import Observer
from dataworth.plan.choice import Choice, Stop
from dataworth.records.record import Record, RunKey


class JsonLines(Observer):
    """Appends a JSON object for each event to a file, one on a line.

    Every line has ``event`` and ``time`` (UTC, ISO 8601). The events are "study" (``directory``,
    ``options``), "begin" (``runs``, ``done``), "finding", "step" (``step``, ``of``, ``values``),
    "run" (``scores``, ``facts``, ``seconds``), "failure" (``kind``, ``message``) and "end"; where
    a plan chooses the runs, also "choice" (``seconds``, ``interval``, ``expected_interval``,
    ``reason``), "notice" (``message``) and "stop" (``kind``, ``message``). Those of a run have
    ``model``, ``size``, ``seed`` and ``key``. Numbers that are not finite are null.
    A line is written at once, so that the file can be followed while the study runs.

    Parameters
    ----------
    path : path
        The file; its folder must exist. A study that is resumed appends to it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_directory(self, directory: Path, options: Mapping[str, Any]) -> None:
        """Write "study"."""
        self._write("study", directory=str(directory.absolute()), options=options)

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        """Write "begin"."""
        self._write("begin", runs=len(keys), done=len(done))

    def on_findings(self, findings: Sequence[Finding]) -> None:
        """Write "finding" for each."""
        for finding in findings:
            self._write("finding", **asdict(finding))

    def on_step(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        """Write "step"."""
        self._write("step", **_of_run(key), step=step, of=of, values=dict(values))

    def on_record(self, record: Record) -> None:
        """Write "run"."""
        self._write(
            "run",
            **_of_run(record.key),
            scores=dict(record.scores),
            facts=dict(record.facts),
            seconds=record.seconds,
        )

    def on_failure(self, record: Record) -> None:
        """Write "failure"."""
        assert record.failure is not None
        failure = {"kind": record.failure.kind, "message": record.failure.message}
        self._write("failure", **_of_run(record.key), **failure)

    def on_choice(self, choice: Choice) -> None:
        """Write "choice"."""
        self._write("choice", **choice.to_dict())

    def on_notice(self, text: str) -> None:
        """Write "notice"."""
        self._write("notice", message=text)

    def on_stop(self, stop: Stop) -> None:
        """Write "stop"."""
        self._write("stop", **stop.to_dict())

    def on_study_end(self) -> None:
        """Write "end"."""
        self._write("end")

    def _write(self, event: str, **values: Any) -> None:
        line = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        text = json.dumps(json_values(line | values), allow_nan=False, default=str)
        # Opened each time: the file may have been moved away or removed, as logs are.
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def _of_run(key: RunKey) -> dict[str, Any]:
    return {"model": key.learner, "size": key.size, "seed": key.seed, "key": key.digest}
