"""Families of learners: what is known of how their curves go on."""

from __future__ import annotations

import re

FAMILIES = (
    *("linear", "discriminant", "naive-bayes", "knn", "kernel-svm", "tree", "forest", "boosting"),
    *("mlp", "cnn", "transformer", "deep-tabular", "pretrained"),
)
"""Families that a forecast can be told."""
_NAMES = (
    ("pretrained", r"tabpfn|finetun|fine tun|pretrained"),
    ("deep-tabular", r"tabnet|realmlp|fttransformer|tabm|saint|tabr"),
    ("boosting", r"boost|lgbm|lightgbm|xgb"),
    ("forest", r"forest|extratrees|bagging"),
    ("tree", r"decisiontree|extratree"),
    ("knn", r"neighbors|neighbours|knn"),
    ("naive-bayes", r"naivebayes|(bernoulli|multinomial|gaussian|complement|categorical)nb"),
    ("discriminant", r"discriminant|nearestcentroid"),
    ("linear", r"linear|logistic|ridge|lasso|elasticnet|sgd|perceptron|passiveaggressive"),
    ("kernel-svm", r"svc|svr|svm"),
    ("transformer", r"transformer|vit\b|bert"),
    ("cnn", r"cnn|conv|resnet"),
    ("mlp", r"mlp"),
)
"""What names of models hold, the more special before the more general."""


def family_of(model: str) -> str | None:
    """The family that a model's name says, such as "RandomForestClassifier"; None if it is unclear.

    A multilayer perceptron is not a perceptron, and a support vector machine with a linear kernel is
    linear.
    """
    name = re.sub(r"[\s_-]", "", model.lower()).replace("multilayerperceptron", "mlp")
    for family, words in _NAMES:
        if re.search(words, name):
            return family
    return None
