"""`LearningCurveDisplay` with the interface of scikit-learn."""

from __future__ import annotations

from typing import Any

from dataworth._util.extras import require

require("sklearn", "learning curves of estimators")

from sklearn.model_selection import LearningCurveDisplay as DisplayOfSklearn  # noqa: E402

from dataworth.integrations.seeded_folds import Seeds, with_seeds  # noqa: E402


class LearningCurveDisplay(DisplayOfSklearn):  # type: ignore[misc]
    """The figure of a learning curve, as ``sklearn.model_selection.LearningCurveDisplay``.

    `from_estimator` takes one keyword more: ``seeds``. All else is scikit-learn's.
    """

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,  # noqa: N803
        y: Any,
        *,
        seeds: Seeds = None,
        **options: Any,
    ) -> LearningCurveDisplay:
        """Measure a learning curve and draw it.

        Parameters
        ----------
        estimator, X, y, **options
            As scikit-learn's: ``cv``, ``scoring``, ``score_type``, ``std_display_style``, ...
        seeds : int or sequence of int, optional
            As in `dataworth.learning_curve`: the subsets of each fold are drawn once per seed,
            nested, and stratified by the classes of a classifier.

        Returns
        -------
        LearningCurveDisplay
            With ``train_sizes``, ``train_scores``, ``test_scores``, ``ax_`` and ``figure_``.

        Raises
        ------
        StudyError
            If `seeds` is empty, or given with ``shuffle``.
        ValueError, TypeError
            As scikit-learn raises them.
        """
        drawn = super().from_estimator(estimator, X, y, **with_seeds(estimator, y, seeds, options))
        assert isinstance(drawn, cls)
        return drawn
