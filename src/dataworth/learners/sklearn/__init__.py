"""Estimators with scikit-learn's interface as learners, boosters among them."""

from dataworth.learners.sklearn.learner import SklearnLearner, is_estimator
from dataworth.learners.sklearn.parameters import instance_of, with_parameters

__all__ = ["SklearnLearner", "instance_of", "is_estimator", "with_parameters"]
