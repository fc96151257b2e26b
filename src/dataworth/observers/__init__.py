"""Observers: objects that are notified of a study's progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataworth._util.lazy import lazy_attributes

if TYPE_CHECKING:
    from dataworth.observers.base import Observer
    from dataworth.observers.json_lines import JsonLines
    from dataworth.observers.mlflow import MLflow

__all__ = ["JsonLines", "MLflow", "Observer"]

_MODULES = {
    "JsonLines": "dataworth.observers.json_lines",
    "MLflow": "dataworth.observers.mlflow",
    "Observer": "dataworth.observers.base",
}
lazy_attributes(__name__, _MODULES)
