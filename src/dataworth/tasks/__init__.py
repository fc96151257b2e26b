"""Tasks: what a prediction is, how targets are stored, and how predictions are scored."""

from typing import TYPE_CHECKING

from dataworth._util.lazy import lazy_attributes

if TYPE_CHECKING:
    from dataworth.tasks.base import Scored, Task
    from dataworth.tasks.classification import Classification
    from dataworth.tasks.multilabel import Multilabel
    from dataworth.tasks.regression import Regression

__all__ = ["Classification", "Multilabel", "Regression", "Scored", "Task"]

# The command line offers the kinds of tasks, which need none of the rest.
lazy_attributes(
    __name__,
    {
        "Classification": "dataworth.tasks.classification",
        "Multilabel": "dataworth.tasks.multilabel",
        "Regression": "dataworth.tasks.regression",
        "Scored": "dataworth.tasks.base",
        "Task": "dataworth.tasks.base",
    },
)
