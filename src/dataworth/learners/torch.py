"""`Torch`: trains any torch module as a study does."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util import validation as checks
from dataworth._util.extras import require
from dataworth._util.machine import cores
from dataworth._util.threads import threads_of_run
from dataworth._util.user_code import one_line, place, user_code
from dataworth.data.dataset import Dataset
from dataworth.data.features import is_held
from dataworth.data.passes import InPlace, in_pieces, open_samples
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest
from dataworth.learners.scaled_targets import ScaledTargets, outputs_of
from dataworth.learners.source_hash import own_code
from dataworth.learners.training import train
from dataworth.records.run import History, RunContext, State
from dataworth.tasks.base import Task

DEFAULT_LEARNING_RATE = 1e-3
_BLOCK_ROWS = 1_024
_PIECE_ROWS = 8_192
"""Rows that are read at once, where features are not in memory."""


class Torch:
    """A torch module as the model of a study.

    Every run builds a new module under its seed. The weights, the order of the rows and dropout
    derive from the seed, and the global random state and number of threads are as before
    afterwards. Classification is trained on the cross-entropy of logits. Regression is trained on
    the squared error (with quantiles: the pinball loss) of targets that are standardised on the
    subset, and predicts in the unit of the targets. Features reach the module as float32,
    multiplied by the data set's ``scale``.

    Parameters
    ----------
    build : callable
        ``build(shape, outputs)`` returns a ``torch.nn.Module`` that takes a batch of samples, shape
        ``(batch, *shape)``, and returns shape (batch, outputs): a logit for each class, or a value
        for each target.
    epochs, steps : int, optional
        A fixed length of the training: passes over the subset, or optimizer steps at every size.
        Without both, a run trains until its validation loss stops falling.
    batch_size : int, optional
        Samples per optimizer step (128).
    learning_rate : float, optional
        Of Adam (0.001).
    patience : int, optional
        As of `dataworth.Study`.
    optimizer : callable, optional
        ``optimizer(parameters)`` returns a ``torch.optim.Optimizer``, in place of Adam.
    schedule : callable, optional
        ``schedule(optimizer)`` returns a learning-rate scheduler, which makes a step after each
        step of the optimizer.
    device : str, optional
        "cpu", "cuda", "cuda:1", "mps"; the best one that there is by default.
    name : str, optional
        What tables call the model; the name of `build` by default.

    Raises
    ------
    StudyError
        If an option is out of range, or options contradict each other.
    MissingDependencyError
        If torch is not installed.
    """

    trains_to_the_end = True
    needs_arrays = True
    takes = frozenset({"epochs", "steps", "batch_size", "patience"})

    def __init__(
        self,
        build: Callable[[tuple[int, ...], int], Any],
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        *,
        steps: int | None = None,
        patience: int | None = None,
        optimizer: Callable[[Any], Any] | None = None,
        schedule: Callable[[Any], Any] | None = None,
        device: str | None = None,
        name: str | None = None,
    ) -> None:
        require("torch", "torch models")
        for option, function in (
            ("build", build),
            ("optimizer", optimizer),
            ("schedule", schedule),
        ):
            if function is not None and not callable(function):
                raise StudyError(
                    f"{option} = {function!r}: expected a function.",
                    code="wrong-type",
                    option=option,
                )
        if optimizer is not None and learning_rate is not None:
            raise StudyError(
                f"learning_rate = {learning_rate!r}: the function optimizer sets its own. Give "
                "one of the two.",
                code="options-conflict",
            )
        own = {"epochs": epochs, "steps": steps, "batch_size": batch_size, "patience": patience}
        self.own_options: Mapping[str, int] = {
            option: checks.check_int(option, value)
            for option, value in own.items()
            if value is not None
        }
        self.name = str(name or getattr(_function(build), "__name__", type(build).__name__))
        self._build, self._optimizer, self._schedule = build, optimizer, schedule
        self._learning_rate = checks.check_positive(
            "learning_rate", DEFAULT_LEARNING_RATE if learning_rate is None else learning_rate
        )
        self._device = device
        self.takes_any_gpu = device in (None, "cuda")

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """All that determines the result besides the request (JSON values); part of a run's key.

        Raises
        ------
        StudyError
            If the task is neither classification nor regression, the module does not take the
            samples or returns another shape, or the device is not there.
        """
        outputs = _outputs(self.name, data, task)
        adam = {"optimizer": "adam", "learning_rate": self._learning_rate}
        own = {"optimizer": _code_hash(self._optimizer)}
        schedule = {"schedule": _code_hash(self._schedule)} if self._schedule else {}
        return {
            "learner": "torch",
            "build": _code_hash(self._build),
            "arrays": self._arrays(tuple(data.shape), outputs),
            **(adam if self._optimizer is None else own),
            **schedule,
            "device": _device(self._device).type,
            "torch": str(_torch().__version__),
        }

    def fit(self, request: FitRequest, context: RunContext) -> TorchPredictor:
        """Train on ``request.train``; the same request gives the same result, to the bit.

        Raises
        ------
        StudyError
            If the module does not fit the data, or the options are not possible.
        """
        data, task = request.train.data, request.task
        assert isinstance(data, Dataset), "row numbers alone are refused before any run"
        outputs = _outputs(self.name, data, task)
        with _threads(), closing(_Rows(request, _device(self._device), context)) as rows:
            trained = train(partial(self._trainer, rows, outputs, request.seed), request, context)
        trainer = trained.trainer
        assert isinstance(trainer, _TorchTrainer)
        return TorchPredictor(trainer.module, rows, trained.history, trained.facts)

    def _trainer(self, rows: _Rows, outputs: int, seed: int) -> _TorchTrainer:
        torch = _torch()
        with _seeded(seed):
            module = self._made(tuple(rows.data.shape), outputs).to(rows.device)
            if self._optimizer is None:
                optimizer = torch.optim.Adam(module.parameters(), lr=self._learning_rate)
            else:
                with user_code(f"the optimizer of {self.name}"):
                    optimizer = self._optimizer(module.parameters())
            schedule = None
            if self._schedule is not None:
                with user_code(f"the schedule of {self.name}"):
                    schedule = self._schedule(optimizer)
            return _TorchTrainer(module, optimizer, schedule, rows)

    def _made(self, shape: tuple[int, ...], outputs: int) -> Any:
        with user_code(f"the model's builder {self.name}"):
            module = self._build(shape, outputs)
        if not isinstance(module, _torch().nn.Module):
            raise StudyError(
                f"the model's builder {self.name} returned a {type(module).__name__}; expected a "
                "torch.nn.Module.",
                code="not-a-model",
            )
        return module

    def _arrays(self, shape: tuple[int, ...], outputs: int) -> str:
        """A hash of the names and shapes of a module's arrays, which is tried on two samples."""
        torch = _torch()
        with _seeded(0):
            module = self._made(shape, outputs).eval()
            try:
                with torch.no_grad():
                    found = tuple(module(torch.zeros((2, *shape))).shape)
            except Exception as error:
                raise self._does_not_fit(shape, outputs, one_line(error) + place(error)) from None
        if found != (2, outputs):
            raise self._does_not_fit(
                shape, outputs, f"two samples give an output of shape {found}, not {(2, outputs)}"
            )
        arrays = {name: list(array.shape) for name, array in module.state_dict().items()}
        return _hash(json.dumps(arrays, sort_keys=True))

    def _does_not_fit(self, shape: tuple[int, ...], outputs: int, why: str) -> StudyError:
        return StudyError(
            f"model {self.name!r} does not fit the data, which have samples of shape {shape} and "
            f"need {outputs} outputs: {why}.",
            code="model-does-not-fit-data",
        )


class TorchPredictor:
    """A trained torch module.

    Attributes
    ----------
    facts : mapping of str to float
        ``"parameters"``, the number of trainable weights, ``"train_loss"``, the mean training
        loss of the last epoch, and what `dataworth.learners.training.train` knows.
    history : mapping of str to ndarray of float64
        One row per epoch; see `dataworth.learners.training.train`.
    module : torch.nn.Module
    """

    def __init__(
        self, module: Any, rows: _Rows, history: History, facts: Mapping[str, float]
    ) -> None:
        self.module, self.history = module, history
        parameters = sum(each.numel() for each in module.parameters() if each.requires_grad)
        train_loss = float(history["loss"][-1])
        self.facts = {"parameters": parameters, "train_loss": train_loss, **facts}
        self._inputs, self._outputs = rows.inputs, rows.outputs

    def predict(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Logits, or values in the unit of the targets, of raw features; (len(x), outputs)."""
        torch = _torch()
        self.module.eval()
        blocks = []
        with _threads(), torch.inference_mode():
            for start in range(0, max(len(x), 1), _BLOCK_ROWS):
                block = _tensor(np.asarray(x[start : start + _BLOCK_ROWS]))
                found = self._outputs(self.module(self._inputs(block)).float())
                blocks.append(found.cpu().numpy())
        return np.concatenate(blocks)


class _Rows:
    """The features and targets of a data set as tensors, and the loss of its task.

    Features that are in memory, or in a mapped file that fits in it, are one tensor. Others are
    read in the order of an epoch; see `dataworth.data.passes`.
    """

    def __init__(self, request: FitRequest, device: Any, context: RunContext) -> None:
        torch = _torch()
        assert isinstance(request.train.data, Dataset)
        self.data, self.device = request.train.data, device
        self._scale = float(self.data.scale or 1.0)
        # Memory of the CPU is shared with the data set; another device gets the rows of the run.
        self._local: NDArray[np.int64] | None = None
        validation = [] if request.validation is None else [request.validation.rows]
        rows = np.concatenate([request.train.rows, *validation])
        self.samples = open_samples(self.data.x, rows, lambda: context.folder)
        self._x: Any = None
        y = self.data.y
        if type(self.samples) is InPlace and is_held(self.data.x):
            x = np.asarray(self.data.x)
            if device.type != "cpu":
                self._local = np.unique(rows)
                x, y = x[self._local], y[self._local]
            self._x = _tensor(x).to(device)
        targets = ScaledTargets.of(request.task, request.train)
        self.loss_unit, self.outputs = targets.loss_unit, targets.restored
        functional = torch.nn.functional
        if request.task.kind == "classification":
            self._y = _tensor(y).to(device)
            self.loss = functional.cross_entropy
        else:
            self._y = _tensor(targets.scaled(y)[:, None]).to(device)
            levels = getattr(request.task, "quantiles", ())
            self.loss = partial(_pinball, levels) if levels else functional.mse_loss

    def close(self) -> None:
        """End the reading of features."""
        self.samples.close()

    def in_order(self, order: NDArray[np.int64], size: int) -> Iterator[tuple[Any, Any]]:
        """Inputs and targets of the rows of an order, in batches; the last may be smaller."""
        numbers = self._numbers(order).split(size)
        if self._x is not None:
            features = (self._x.index_select(0, each) for each in numbers)
        else:
            pieces = in_pieces(self.samples, order, size * max(1, _PIECE_ROWS // size))
            features = (batch for piece in pieces for batch in _tensor(piece).split(size))
        for each, x in zip(numbers, features, strict=True):
            yield self.inputs(x), self._y.index_select(0, each)

    def take(self, rows: NDArray[np.int64]) -> tuple[Any, Any]:
        """Inputs and targets of some rows."""
        numbers = self._numbers(rows)
        x = (
            _tensor(self.samples.take(rows))
            if self._x is None
            else self._x.index_select(0, numbers)
        )
        return self.inputs(x), self._y.index_select(0, numbers)

    def _numbers(self, rows: NDArray[np.int64]) -> Any:
        """Row numbers of the data set as a tensor of rows of the targets here."""
        local = rows if self._local is None else np.searchsorted(self._local, rows)
        return _torch().from_numpy(np.ascontiguousarray(local)).to(self.device)

    def inputs(self, x: Any) -> Any:
        """Raw features as the module gets them."""
        x = x.to(self.device).float()
        return x if self._scale == 1.0 else x * self._scale


class _TorchTrainer:
    """One module in training; see `dataworth.learners.training.Trainer`."""

    def __init__(self, module: Any, optimizer: Any, schedule: Any, rows: _Rows) -> None:
        self.module = module
        self._optimizer, self._schedule, self._rows = optimizer, schedule, rows
        self._random = _random_state(rows.device)

    def prepare(self, order: NDArray[np.int64]) -> None:
        self._rows.samples.prepare(order)

    def train(self, order: NDArray[np.int64], batch_size: int) -> float:
        torch = _torch()
        rows, module, optimizer, schedule = self._rows, self.module, self._optimizer, self._schedule
        module.train()
        losses = []
        with _kept_random(rows.device):
            _set_random_state(self._random, rows.device)
            for x, y in rows.in_order(order, batch_size):
                optimizer.zero_grad()
                loss = rows.loss(module(x), y)
                loss.backward()
                optimizer.step()
                if schedule is not None:
                    schedule.step()
                losses.append(loss.detach())
            self._random = _random_state(rows.device)
        full = len(order) // batch_size
        counts = [batch_size] * full + [len(order) % batch_size] * (full < len(losses))
        each = torch.stack(losses).double().cpu().numpy()
        return float((each * counts).sum() / len(order)) * rows.loss_unit

    def loss(self, rows: NDArray[np.int64]) -> float:
        self.module.eval()
        total = 0.0
        with _torch().inference_mode():
            for start in range(0, len(rows), _BLOCK_ROWS):
                x, y = self._rows.take(rows[start : start + _BLOCK_ROWS])
                total += float(self._rows.loss(self.module(x), y)) * len(y)
        return total / len(rows) * self._rows.loss_unit

    def state(self) -> State:
        buffer = io.BytesIO()
        schedule = None if self._schedule is None else self._schedule.state_dict()
        parts = {
            "module": self.module.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": schedule,
            "random": self._random,
        }
        _torch().save(parts, buffer)
        return {"torch": np.frombuffer(buffer.getvalue(), np.uint8)}

    def fits(self, state: State) -> bool:
        try:
            found = _loaded(state)["module"]
        except Exception:
            # Whatever a file of another version makes torch raise, the run starts again.
            return False
        own = self.module.state_dict()
        return found.keys() == own.keys() and all(found[n].shape == own[n].shape for n in own)

    def load(self, state: State) -> None:
        parts = _loaded(state)
        self.module.load_state_dict(parts["module"])
        self._optimizer.load_state_dict(parts["optimizer"])
        if self._schedule is not None:
            self._schedule.load_state_dict(parts["schedule"])
        self._random = parts["random"]


def _torch() -> Any:
    return importlib.import_module("torch")


def _loaded(state: State) -> Any:
    data = io.BytesIO(np.ascontiguousarray(state["torch"]).tobytes())
    return _torch().load(data, map_location="cpu", weights_only=True)


def _tensor(array: NDArray[Any]) -> Any:
    """A tensor that shares the memory of an array, which is not written to."""
    with warnings.catch_warnings():
        # A memory-mapped array is read-only.
        warnings.simplefilter("ignore", UserWarning)
        return _torch().from_numpy(np.ascontiguousarray(array))


def _outputs(name: str, data: Dataset, task: Task) -> int:
    """How many columns a module has to return."""
    outputs = outputs_of(task, data.classes)
    if outputs is None:
        raise StudyError(
            f'model "{name}": torch models are trained for classification and regression, and the '
            f"task is {task.kind}. Give a function train(run).",
            code="task-not-supported",
        )
    return outputs


@cache
def _device(name: str | None) -> Any:
    """The device of a name, or the best one that there is."""
    torch = _torch()
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
        if name == "cpu" and torch.backends.mps.is_available():
            name = "mps"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except Exception as error:
        raise StudyError(
            f"device = {name!r} cannot be used ({one_line(error)}). Choose another one, such as "
            '"cpu", or omit it.',
            code="unknown-choice",
        ) from None
    return device


def _pinball(levels: tuple[float, ...], found: Any, y: Any) -> Any:
    level = _torch().tensor(levels, dtype=found.dtype, device=found.device)
    over = y - found
    return _torch().maximum(level * over, (level - 1) * over).mean()


@contextmanager
def _threads() -> Iterator[None]:
    """Compute with the threads of a run; outside of one, with as many as there are cores."""
    torch = _torch()
    before = torch.get_num_threads()
    torch.set_num_threads(threads_of_run() if "OMP_NUM_THREADS" in os.environ else cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed what a builder may draw from: torch, Python and NumPy; restore all afterwards."""
    torch = _torch()
    words = np.random.SeedSequence([seed, 0]).generate_state(3)
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng():
        torch.manual_seed(int(words[0]))
        random.seed(int(words[1]))
        np.random.seed(int(words[2]))  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


@contextmanager
def _kept_random(device: Any) -> Iterator[None]:
    before = _random_state(device)
    try:
        yield
    finally:
        _set_random_state(before, device)


def _random_state(device: Any) -> list[Any]:
    """The random state of the CPU, and of the device where that is another one."""
    torch = _torch()
    states = [torch.get_rng_state()]
    if device.type != "cpu":
        states.append(getattr(torch, device.type).get_rng_state())
    return states


def _set_random_state(states: list[Any], device: Any) -> None:
    torch = _torch()
    torch.set_rng_state(states[0])
    if device.type != "cpu":
        getattr(torch, device.type).set_rng_state(states[1])


def _function(build: Any) -> Any:
    return _function(build.func) if isinstance(build, partial) else build


def _code_hash(function: Any) -> str:
    """A hash of the user's code that a function runs, and of the arguments that it is bound to."""
    bound = []
    while isinstance(function, partial):
        bound.append(repr((function.args, sorted(function.keywords.items()))))
        function = function.func
    root = getattr(function, "__func__", function)
    root = root if isinstance(root, type) or hasattr(root, "__code__") else type(root)
    return _hash("\n".join([*bound, *own_code([root], installed=False)]))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
