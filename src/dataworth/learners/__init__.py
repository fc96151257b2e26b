"""Learners: the protocol, models given by name, functions, and compiled Keras models."""

from dataworth.learners.base import FitRequest, Learner, Predictor, TrainingOptions
from dataworth.learners.registry import resolve

__all__ = ["FitRequest", "Learner", "Predictor", "TrainingOptions", "resolve"]
