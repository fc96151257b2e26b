"""Whether an estimator fits a task: said before anything is trained."""

from __future__ import annotations

from typing import Any

from dataworth._util.user_code import one_line
from dataworth.errors import StudyError
from dataworth.learners.sklearn.nested import estimators_in, package_of, parameters_of
from dataworth.tasks.base import Task

_NEEDS = {
    "classification": "classifier",
    "multilabel": "classifier",
    "regression": "regressor",
}
_OTHER_KINDS = ("clusterer", "outlier_detector", "density_estimator", "transformer")


def fit_problem(estimator: Any, name: str, task: Task) -> StudyError | None:
    """Why an estimator cannot be trained for a task; None where nothing is known against it."""
    kind, needed = kind_of(estimator), _NEEDS.get(task.kind, "")
    is_other = kind in _OTHER_KINDS or (kind in _NEEDS.values() and needed != "")
    if is_other and kind != needed:
        return StudyError(
            f"model {name}: {type(estimator).__name__} is not a {needed or 'model'}"
            f"{f' but a {kind}' if kind else ''}, and the targets are for {task.kind}. Give a "
            f"{needed or 'model'}, or say the task (task=..., --task).".replace("_", " "),
            code="task-not-supported",
        )
    if task.kind == "multilabel" and _takes_one_label(estimator):
        return StudyError(
            f"model {name}: {type(estimator).__name__} takes one label for each row, and the "
            "targets are multilabel. Wrap it in sklearn.multioutput.MultiOutputClassifier or "
            "sklearn.multiclass.OneVsRestClassifier.",
            code="task-not-supported",
        )
    return _unfitted(estimator, name) or _not_cloned(estimator, name)


def kind_of(estimator: Any) -> str:
    """What scikit-learn takes an estimator for: "classifier", "regressor", ...; "" if unknown."""
    try:
        from sklearn.utils import get_tags
    except ImportError:  # Before scikit-learn 1.6.
        return str(getattr(estimator, "_estimator_type", None) or "")
    try:
        return str(get_tags(estimator).estimator_type or "")
    except Exception:
        # Objects that only look like estimators have no tags.
        return str(getattr(estimator, "_estimator_type", None) or "")


def _takes_one_label(estimator: Any) -> bool:
    """Whether scikit-learn's tags say that an estimator takes no columns of labels."""
    if package_of(estimator) in ("catboost", "xgboost"):
        # They take columns of labels, and have no tag that says so.
        return False
    try:
        from sklearn.utils import get_tags

        tags = get_tags(estimator)
    except Exception:
        return False
    of_classes = getattr(tags, "classifier_tags", None)
    return not (tags.target_tags.multi_output or (of_classes and of_classes.multi_label))


def _unfitted(estimator: Any, name: str) -> StudyError | None:
    """What must be fitted beforehand and is not, or would not be in a clone."""
    for path, each in estimators_in(estimator):
        own = parameters_of(each)
        inner = own.get("estimator")
        where = f"{path}: " if path else ""
        if own.get("cv") == "prefit" or own.get("prefit") is True:
            option = 'cv="prefit"' if own.get("cv") == "prefit" else "prefit=True"
            return StudyError(
                f"model {name!r}: {where}{type(each).__name__}({option}) needs an estimator that "
                "is fitted already, and every run clones the model unfitted. Wrap the fitted one "
                "in sklearn.frozen.FrozenEstimator.",
                code="model-not-rebuildable",
            )
        if type(each).__name__ == "FrozenEstimator" and not _is_fitted(inner):
            return StudyError(
                f"model {name!r}: {where}FrozenEstimator holds {type(inner).__name__}, which is "
                "not fitted. Fit it first, or give it without FrozenEstimator.",
                code="model-not-rebuildable",
            )
    return None


def _is_fitted(estimator: Any) -> bool:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    except TypeError:
        # No estimator of scikit-learn: nothing is known.
        return True
    return True


def _not_cloned(estimator: Any, name: str) -> StudyError | None:
    from sklearn.base import clone

    try:
        clone(estimator, safe=False)
    except Exception as error:
        return StudyError(
            f"model {name!r} cannot be cloned, and every run needs an estimator of its own "
            f"({one_line(error)}).",
            code="model-not-rebuildable",
        )
    return None
