"""Optimizers of the compiled loop: Adam as it is built in, and any optimizer of Keras."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dataworth._util.user_code import one_line, user_code
from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.kernels import adam
from dataworth.learners.source_hash import own_code

DEFAULT = "adam"


class Updates(Protocol):
    """How a step changes the weights, as pure functions of arrays."""

    def start(self, weights: Sequence[Any]) -> Any:
        """The optimizer's own arrays before the first step."""

    def update(
        self, weights: Sequence[Any], state: Any, gradients: Sequence[Any], step: Any
    ) -> tuple[list[Any], Any]:
        """The weights and the optimizer's arrays after step number `step`, counted from 0."""


@dataclass(frozen=True)
class Adam:
    """Adam with one learning rate.

    Attributes
    ----------
    learning_rate : float
    constraints : tuple of callable or None
        Of each weight: applied to it after each step, as Keras does. Empty for none.
    """

    learning_rate: float
    constraints: tuple[Callable[[Any], Any] | None, ...] = ()

    def start(self, weights: Sequence[Any]) -> Any:
        """Moments of zero."""
        return adam.zeros(weights)

    def update(
        self, weights: Sequence[Any], state: Any, gradients: Sequence[Any], step: Any
    ) -> tuple[list[Any], Any]:
        """Make one step."""
        stepped, moments = adam.update(weights, state, gradients, step, self.learning_rate)
        if self.constraints:
            with user_code("a constraint of the model's weights"):
                stepped = [
                    weight if constraint is None else constraint(weight)
                    for weight, constraint in zip(stepped, self.constraints, strict=True)
                ]
        return stepped, moments


class KerasUpdates:
    """The steps of a Keras optimizer: its schedule, weight decay and clipping are Keras's own.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Not built yet.
    variables : sequence of keras.Variable
        The trainable variables, in the order of the weights.
    """

    def __init__(self, optimizer: Any, variables: Sequence[Any]) -> None:
        with user_code(f"the optimizer {type(optimizer).__name__}"):
            optimizer.build(list(variables))
        self._optimizer = optimizer

    def start(self, weights: Sequence[Any]) -> Any:
        """Copies of the optimizer's variables, which no step has changed."""
        import jax.numpy as jnp

        return [jnp.array(variable.value) for variable in self._optimizer.variables]

    def update(
        self, weights: Sequence[Any], state: Any, gradients: Sequence[Any], step: Any
    ) -> tuple[list[Any], Any]:
        """Make one step; the optimizer counts its steps itself."""
        with user_code(f"the optimizer {type(self._optimizer).__name__}"):
            stepped, after = self._optimizer.stateless_apply(state, list(gradients), list(weights))
        return list(stepped), list(after)


@dataclass(frozen=True)
class Recipe:
    """A Keras optimizer as its class and configuration: every run, in any process, makes its own.

    Attributes
    ----------
    kind : type
    config : mapping
        As ``get_config`` returns it, without the name.
    not_decayed : str, optional
        Pattern of the names of variables without weight decay, which no configuration holds.
    """

    kind: type
    config: Mapping[str, Any]
    not_decayed: str | None = None

    def make(self) -> Any:
        """A fresh optimizer."""
        with user_code(f"the optimizer {self.kind.__name__}"):
            made = self.kind.from_config(json.loads(json.dumps(self.config)))  # type: ignore[attr-defined]
            if self.not_decayed is not None:
                made.exclude_from_weight_decay(var_names=[self.not_decayed])
        return made

    def identity(self) -> Mapping[str, Any]:
        """The class, its configuration, and a hash of code that is not Keras's (JSON values)."""
        schedule = getattr(self.make(), "_learning_rate", None)
        code = "\n".join(own_code([self.kind, type(schedule)]))
        digest = hashlib.blake2b(code.encode(), digest_size=16).hexdigest()
        return {
            "class": self.kind.__name__,
            **self.config,
            **({} if self.not_decayed is None else {"not_decayed": self.not_decayed}),
            **({"code": digest} if code else {}),
        }


def recipe_of(optimizer: Any, learning_rate: float | None) -> Recipe | None:
    """How the runs make their optimizer; None for Adam as it is built in.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer, optional
    learning_rate : float, optional
        Of an optimizer that is given by its name; by default Keras's own.

    Raises
    ------
    StudyError
        If it is no optimizer, has a learning rate of its own beside `learning_rate`, or cannot
        be made again from its configuration.
    """
    if optimizer is None or optimizer == DEFAULT:
        return None
    keras = load_keras()
    if isinstance(optimizer, str):
        return _of_object(_named(keras, optimizer, learning_rate))
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        example = f"{optimizer.__name__}()" if isinstance(optimizer, type) else '"sgd"'
        raise StudyError(
            f"optimizer = {optimizer!r}: expected the name of an optimizer of Keras, or an "
            f"optimizer, such as {example}.",
            code="wrong-type",
            option="optimizer",
        )
    if learning_rate is not None:
        raise StudyError(
            f"learning_rate = {learning_rate}: the optimizer {type(optimizer).__name__} has its "
            "own. Give one of the two.",
            code="options-conflict",
        )
    return _of_object(optimizer)


def _named(keras: Any, name: str, learning_rate: float | None) -> Any:
    base = keras.optimizers.Optimizer
    classes = {
        each.lower(): kind
        for each, kind in vars(keras.optimizers).items()
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base
    }
    try:
        kind = classes[name.lower()]
        return kind() if learning_rate is None else kind(learning_rate=learning_rate)
    except KeyError:
        reason = "Keras has no optimizer of this name"
    except TypeError as error:
        reason = f"it needs arguments ({one_line(error)}); give the object"
    raise StudyError(
        f"optimizer = {name!r}: {reason}. Expected one of {', '.join(sorted(classes))}.",
        code="unknown-choice",
        option="optimizer",
    )


def _of_object(optimizer: Any) -> Recipe:
    kind = type(optimizer)
    _refuse_what_training_does_not_do(optimizer)
    try:
        config = optimizer.get_config()
        config.pop("name", None)
        config = json.loads(json.dumps(config))
        recipe = Recipe(kind, config, _not_decayed(optimizer))
        again = recipe.make().get_config()
        again.pop("name", None)
        reason = "" if json.loads(json.dumps(again)) == config else "another one comes out"
    except Exception as error:
        reason = one_line(error)
    if reason:
        raise StudyError(
            f"the optimizer {kind.__name__} cannot be made again from its configuration, which "
            f"every run needs ({reason}). Write get_config, and register classes of your own by "
            "keras.saving.register_keras_serializable.",
            code="model-not-rebuildable",
        )
    return recipe


def _refuse_what_training_does_not_do(optimizer: Any) -> None:
    """Refuse what Keras's own loop does besides its steps, and what would be lost."""
    rate = getattr(optimizer, "_learning_rate", None)
    schedule = load_keras().optimizers.schedules.LearningRateSchedule
    kind = type(optimizer)
    reason = ""
    if getattr(optimizer, "use_ema", False):
        reason = "use_ema averages weights over steps"
    elif getattr(optimizer, "loss_scale_factor", None) or hasattr(optimizer, "inner_optimizer"):
        reason = "it scales the loss"
    elif callable(rate) and not isinstance(rate, schedule) and not hasattr(rate, "value"):
        reason = "its learning rate is a function; expected a number or a schedule"
    elif getattr(optimizer, "_exclude_from_weight_decay", None):
        reason = (
            "variables are excluded from its weight decay, and every run has new ones; give "
            'exclude_from_weight_decay(var_names=["bias"])'
        )
    if reason:
        raise StudyError(
            f"the optimizer {kind.__name__} cannot be used in the compiled loop: {reason}. Train "
            "in a function train(run), or give another optimizer.",
            code="unknown-choice",
            option="optimizer",
        )


def _not_decayed(optimizer: Any) -> str | None:
    pattern: re.Pattern[str] | None = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern
