"""Tasks: what a prediction is, how targets are stored, and how predictions are scored."""

from dataworth.tasks.base import Scored, Task
from dataworth.tasks.classification import Classification
from dataworth.tasks.regression import Regression

__all__ = ["Classification", "Regression", "Scored", "Task"]
