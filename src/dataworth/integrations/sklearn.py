"""`learning_curve` with the interface of scikit-learn, which can also return a `Curve`."""

from __future__ import annotations

from typing import Any

from dataworth._util.extras import require
from dataworth.curves.read import curve_from_scores
from dataworth.errors import StudyError
from dataworth.integrations.seeded_folds import Seeds, with_seeds
from dataworth.learners.sklearn.scoring import scoring_of, sign_of_loss
from dataworth.metrics.metric import Metric


def learning_curve(
    estimator: Any,
    X: Any,  # noqa: N803
    y: Any,
    *,
    seeds: Seeds = None,
    return_curve: bool = False,
    **options: Any,
) -> Any:
    """Train a scikit-learn estimator on growing subsets and score it on held-out rows.

    The arguments and results are those of ``sklearn.model_selection.learning_curve``, identical to
    the bit. Two keywords are added.

    Parameters
    ----------
    estimator, X, y, **options
        As scikit-learn's: ``groups``, ``train_sizes``, ``cv``, ``scoring``, ``n_jobs``, ...
    seeds : int or sequence of int, optional
        Draw the subsets of each fold once per seed, nested: each is contained in the larger ones
        of the seed. Those of a classifier are stratified too: each has every class of `y` in
        proportion to its share, to within one row (see `dataworth.data.subsets.NestedSampler`).
        An int is a number of seeds. Scores then have ``folds * seeds`` columns, all seeds of the
        first fold first. By default the subsets are scikit-learn's: the first rows of the fold, in
        its order or shuffled.
    return_curve : bool
        Return a `Curve` of the scores on held-out rows instead of the tuple. Scores that are
        negated losses, as "neg_log_loss", become losses; folds and seeds become the curve's seeds.
        The curve of a callable has the name of its function; larger values are better, unless it
        was made by ``make_scorer`` with ``greater_is_better=False`` or has the name of a loss,
        whose curve is of positive values.

    Returns
    -------
    tuple or Curve
        ``(train_sizes_abs, train_scores, test_scores)`` and, with ``return_times``,
        ``(fit_times, score_times)``; or the curve.

    Raises
    ------
    StudyError
        If `seeds` is empty or given with ``shuffle``, or if a curve is returned and neither
        `scoring` nor the estimator nor the scores say what they are.
    ValueError, TypeError
        As scikit-learn raises them.
    """
    require("sklearn", "learning curves of estimators")
    from sklearn.model_selection import learning_curve as learning_curve_of_sklearn

    named = _metric(estimator, options.get("scoring")) if return_curve else None
    result = learning_curve_of_sklearn(estimator, X, y, **with_seeds(estimator, y, seeds, options))
    if named is None:
        return result
    metric, sign = named
    if sign is None:
        assert isinstance(metric, Metric)
        sign = sign_of_loss(metric, result[2])
    return curve_from_scores((result[0], result[1], sign * result[2]), metric)


def _metric(estimator: Any, scoring: Any) -> tuple[str | Metric, int | None]:
    """The metric of `scoring`, or of the estimator's ``score``, and its sign in the scores.

    The sign is None where the scores decide it.
    """
    from sklearn.base import is_classifier, is_regressor

    if isinstance(scoring, str):
        # The name says whether it is negated.
        return scoring, 1
    if callable(scoring):
        found = scoring_of(scoring)
        assert found is not None
        ((name, metric),) = found.metrics.items()
        return metric, found.signs[name]
    if scoring is None and is_classifier(estimator):
        return "accuracy", 1
    if scoring is None and is_regressor(estimator):
        return "r2", 1
    raise StudyError(
        f"scoring = {scoring!r} and {type(estimator).__name__} do not say what the scores are; "
        "give scoring one of scikit-learn's names or a callable, or read the tuple with "
        "as_curve(result, metric=...).",
        code="metric-unclear",
    )
