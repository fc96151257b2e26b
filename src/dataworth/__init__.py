"""What is more data worth? Measure, fit and forecast loss against training samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataworth._util.lazy import lazy_attributes

if TYPE_CHECKING:
    from dataworth import metrics, observers
    from dataworth.audit import audit
    from dataworth.curves.curve import Curve
    from dataworth.curves.read import as_curve, as_curves, curves_from_frame, run_curves
    from dataworth.data.dataset import Dataset
    from dataworth.data.rows import Rows
    from dataworth.execution.ray.settings import Ray
    from dataworth.findings import Finding
    from dataworth.forecast.api import forecast
    from dataworth.forecast.compare import Comparison, compare
    from dataworth.forecast.forecast import Forecast
    from dataworth.forecast.joint import JointForecast, forecast_joint
    from dataworth.integrations.sklearn import learning_curve
    from dataworth.integrations.sklearn_display import LearningCurveDisplay
    from dataworth.learners.command import Command
    from dataworth.learners.torch import Torch
    from dataworth.metrics.metric import Metric
    from dataworth.plan.budget import Budget
    from dataworth.plan.goal import Goal
    from dataworth.plan.joint import next_joint_runs
    from dataworth.records.frames import read_runs
    from dataworth.records.run import Run
    from dataworth.sources import load
    from dataworth.study.by_size import BySize
    from dataworth.study.spec import Study

__all__ = [
    "Budget",
    "BySize",
    "Command",
    "Comparison",
    "Curve",
    "Dataset",
    "Finding",
    "Forecast",
    "Goal",
    "JointForecast",
    "LearningCurveDisplay",
    "Metric",
    "Ray",
    "Rows",
    "Run",
    "Study",
    "Torch",
    "as_curve",
    "as_curves",
    "audit",
    "compare",
    "curves_from_frame",
    "forecast",
    "forecast_joint",
    "learning_curve",
    "load",
    "metrics",
    "next_joint_runs",
    "observers",
    "read_runs",
    "run_curves",
]
__version__ = "0.2.0"

_MODULES = {
    "audit": "dataworth.audit.api",
    "Budget": "dataworth.plan.budget",
    "BySize": "dataworth.study.by_size",
    "Command": "dataworth.learners.command",
    "Comparison": "dataworth.forecast.compare",
    "Curve": "dataworth.curves.curve",
    "Dataset": "dataworth.data.dataset",
    "Finding": "dataworth.findings",
    "Forecast": "dataworth.forecast.forecast",
    "JointForecast": "dataworth.forecast.joint",
    "LearningCurveDisplay": "dataworth.integrations.sklearn_display",
    "Metric": "dataworth.metrics.metric",
    "Ray": "dataworth.execution.ray.settings",
    "Rows": "dataworth.data.rows",
    "Run": "dataworth.records.run",
    "Study": "dataworth.study.spec",
    "Torch": "dataworth.learners.torch",
    "as_curve": "dataworth.curves.read",
    "as_curves": "dataworth.curves.read",
    "compare": "dataworth.forecast.compare",
    "curves_from_frame": "dataworth.curves.read",
    "forecast": "dataworth.forecast.api",
    "Goal": "dataworth.plan.goal",
    "forecast_joint": "dataworth.forecast.joint",
    "learning_curve": "dataworth.integrations.sklearn",
    "load": "dataworth.sources",
    "metrics": "dataworth.metrics",
    "next_joint_runs": "dataworth.plan.joint",
    "observers": "dataworth.observers",
    "read_runs": "dataworth.records.frames",
    "run_curves": "dataworth.curves.read",
}
lazy_attributes(__name__, _MODULES)
