"""Early stopping of LightGBM, XGBoost and CatBoost on a validation part of the subset."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from dataworth.learners.sklearn.nested import package_of

PACKAGES = ("lightgbm", "xgboost", "catboost")


def last_step(estimator: Any) -> Any:
    """The last step of a pipeline; of anything else, itself."""
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def can_stop_early(estimator: Any) -> bool:
    """Whether the estimator, or the last step of a pipeline, is a booster of `PACKAGES`."""
    return package_of(last_step(estimator)) in PACKAGES


def fit_with_validation(
    estimator: Any,
    x: Any,
    y: Any,
    validation: tuple[Any, Any],
    patience: int,
    parameters: Mapping[str, Any],
) -> None:
    """Fit until `patience` more trees have not lowered the loss on the validation part.

    Parameters
    ----------
    estimator : booster, or a pipeline that ends with one
        The steps before the booster are fitted on the training part alone.
    x, y
        What the estimator is fitted on.
    validation : (x, y)
    patience : int
    parameters : mapping
        Further arguments of ``fit``; those of the last step of a pipeline, as
        ``booster__sample_weight``.
    """
    booster = last_step(estimator)
    validation_x, validation_y = validation
    if booster is not estimator:
        before, name = estimator[:-1], estimator.steps[-1][0]
        of_booster = f"{name}__"
        earlier = {k: v for k, v in parameters.items() if not k.startswith(of_booster)}
        parameters = {
            k.removeprefix(of_booster): v for k, v in parameters.items() if k not in earlier
        }
        if before.steps:
            x = before.fit_transform(x, y, **earlier)
            validation_x = before.transform(validation_x)
    match package_of(booster):
        case "lightgbm":
            from lightgbm import early_stopping

            # Since LightGBM 4.7, eval_set is deprecated.
            takes_both = "eval_X" in inspect.signature(booster.fit).parameters
            part = {"eval_X": validation_x, "eval_y": validation_y}
            booster.fit(
                x,
                y,
                **(part if takes_both else {"eval_set": [(validation_x, validation_y)]}),
                callbacks=[early_stopping(patience, verbose=False)],
                **parameters,
            )
        case "xgboost":
            booster.set_params(early_stopping_rounds=patience)
            booster.fit(x, y, eval_set=[(validation_x, validation_y)], verbose=False, **parameters)
        case "catboost":
            booster.fit(
                x,
                y,
                eval_set=(validation_x, validation_y),
                early_stopping_rounds=patience,
                verbose=False,
                **parameters,
            )


def iterations_of(estimator: Any) -> int | None:
    """How many rounds of trees an early-stopped booster predicts with."""
    booster = last_step(estimator)
    match package_of(booster):
        case "lightgbm":
            return int(booster.best_iteration_)
        case "xgboost":
            return int(booster.best_iteration) + 1
        case "catboost":
            return int(booster.get_best_iteration()) + 1
    return None
