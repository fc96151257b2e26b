"""Study: what is asked. Which data, model, sizes, seeds and budget make up a learning curve."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from dataworth._util import validation as checks
from dataworth._util.lazy import lazy_function
from dataworth.data.dataset import Dataset
from dataworth.data.subsets import METHODS, Method
from dataworth.errors import StudyError
from dataworth.learners.base import Budget
from dataworth.reproductions.emnist_paper import Mistakes

if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.observers.base import Progress

_run_study = lazy_function("dataworth.study.run:run_study")

_PAPER_RATIO = 3
_AUTOMATIC_SIZES = 5


@dataclass(frozen=True, eq=False)
class Study:
    """A learning curve that is asked for: loss against the number of training samples.

    Parameters
    ----------
    data : str, path or Dataset
        What `dataworth.load` takes ("digits", "glyphs", "emnist/bymerge", a file, a folder), or a
        data set.
    model : str, path, keras.Model, callable or Learner
        "linear", "mlp", "mlp:512,512", "cnn", "module:function", a ``.keras`` file, or an object.
    sizes : sequence of int, optional
        Numbers of training samples; five sizes a factor 3 apart, up to all rows, by default.
    seeds : int or sequence of int
        How many seeds (0, 1, ...), or which.
    epochs : int
        Passes over each subset; a larger subset gets more optimizer steps.
    steps : int, optional
        The same number of optimizer steps for every size, in place of `epochs`.
    batch_size : int
    learning_rate : float
        Of Adam.
    patience : int, optional
        Early stopping: epochs without a lower loss on a tenth of the subset.
    subset : {"nested", "prefix"}
        Nested and stratified by seed, or the first rows of the file.
    held_out : float or int, optional
        Share or number of samples to hold out of data without an official held-out split.
    mistakes : Mistakes
        Mistakes made on purpose (the as-published study).
    name : str
    data_options : mapping
        Further options of `dataworth.load`.
    fallback : str, optional
        Data to use where `data` is not on this machine.

    Raises
    ------
    StudyError
        If an option is out of range; the message names it.
    """

    data: str | Path | Dataset
    model: Any = "mlp"
    sizes: Sequence[int] | None = None
    seeds: int | Sequence[int] = 3
    epochs: int = 10
    steps: int | None = None
    batch_size: int = 128
    learning_rate: float = 1e-3
    patience: int | None = None
    subset: Method = "nested"
    held_out: float | int | None = None
    mistakes: Mistakes = field(default_factory=Mistakes)
    name: str = "study"
    data_options: Mapping[str, Any] = field(default_factory=dict)
    fallback: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.data, str | Path | Dataset) or self.data == "":
            raise StudyError(
                f"data = {self.data!r}: expected a name, a path or a Dataset; arrays become one "
                "by Dataset(x_train, y_train)."
            )
        for option, value in self._checked().items():
            object.__setattr__(self, option, value)
        if self.subset not in METHODS:
            allowed = ", ".join(get_args(Method))
            raise StudyError(f"subset = {self.subset!r}: expected one of {allowed}.")
        if not isinstance(self.mistakes, Mistakes):
            raise StudyError(f"mistakes = {self.mistakes!r}: expected Mistakes(...).")

    def _checked(self) -> dict[str, Any]:
        """Options that may be given in several forms, in the one that is kept."""
        checked: dict[str, Any] = {
            "seeds": checks.check_count_or_ints("seeds", self.seeds),
            "learning_rate": checks.check_positive("learning_rate", self.learning_rate),
            "name": checks.check_folder_name("name", self.name),
            "data_options": checks.check_mapping("data_options", self.data_options),
            "epochs": checks.check_int("epochs", self.epochs),
            "batch_size": checks.check_int("batch_size", self.batch_size),
        }
        if self.sizes is not None:
            checked["sizes"] = checks.check_ints("sizes", self.sizes, least=1)
        if self.steps is not None:
            checked["steps"] = checks.check_int("steps", self.steps)
        if self.patience is not None:
            checked["patience"] = checks.check_int("patience", self.patience)
        if self.held_out is not None:
            checked["held_out"] = checks.check_share_or_count("held_out", self.held_out)
        if self.fallback is not None:
            checked["fallback"] = checks.check_text("fallback", self.fallback)
        return checked

    @property
    def budget(self) -> Budget:
        """How long each run trains."""
        return Budget(self.epochs, self.steps, self.batch_size, self.patience)

    def sizes_for(self, rows: int) -> tuple[int, ...]:
        """The sizes asked for, or five of a factor 3 up to `rows`.

        Raises
        ------
        StudyError
            If a size exceeds `rows`, the number of samples that may be trained on.
        """
        if self.sizes is None:
            steps = range(_AUTOMATIC_SIZES - 1, -1, -1)
            return tuple(sorted({max(1, rows // _PAPER_RATIO**step) for step in steps}))
        if max(self.sizes) > rows:
            raise StudyError(
                f"sizes: {max(self.sizes):,} was asked for and {rows:,} samples may be trained "
                "on. Use smaller sizes, more data, or a smaller held_out."
            )
        return tuple(self.sizes)

    def run(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        workers: int = 1,
        progress: Progress | bool | None = None,
    ) -> Curve:
        """Run what the run directory does not hold yet; return the whole curve.

        Parameters
        ----------
        out : path, optional
            The run directory; ``runs/NAME`` by default. Runs that it holds are not repeated.
        workers : int
            Runs side by side, each in a process with its share of the cores.
        progress : bool or Progress, optional
            Whether to show progress: under the cell in a notebook, else on stderr. By default a
            notebook does and a script does not. A `Progress` is told instead.

        Returns
        -------
        Curve
            Held-out loss of all runs in the directory; ``curve["accuracy"]`` etc. as well.

        Raises
        ------
        StudyError, DataError
            If the study cannot be run as asked. Finished runs are kept.
        """
        directory = out or Path("runs") / self.name
        curve: Curve = _run_study(self, directory, workers, progress).curve
        return curve
