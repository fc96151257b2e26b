"""Metrics: their names, directions, ranges, units and computation."""

from dataworth.metrics.metric import Metric
from dataworth.metrics.registry import find, known, register

__all__ = ["Metric", "find", "known", "register"]
