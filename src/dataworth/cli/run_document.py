"""What ``dataworth run --json`` prints of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.study.run import Outcome


def document_of(outcome: Outcome) -> dict[str, Any]:
    """The answer, the measured means of each model, and the runs that failed, as JSON values."""
    return {
        "directory": str(outcome.directory),
        "trained": outcome.trained,
        "models": {name: _model(curve) for name, curve in outcome.curves.items()},
        "failed": [
            {
                "model": record.key.learner,
                "size": record.key.size,
                "seed": record.key.seed,
                "reason": record.failure.message if record.failure else "",
            }
            for record in outcome.failed
        ],
        "findings": [
            {"code": finding.code, "severity": finding.severity, "message": finding.message}
            for finding in outcome.findings
        ],
    }


def _model(curve: Curve) -> dict[str, Any]:
    from dataworth._util.json import json_values
    from dataworth.errors import ForecastError
    from dataworth.forecast import api
    from dataworth.report.reported import reported
    from dataworth.report.sentences import headline

    rows = [
        {"samples": point.samples, "mean": point.mean, "std": point.std, "runs": point.runs}
        for point in curve.summary()
    ]
    try:
        answer = headline(reported(api.forecast(curve)))
    except ForecastError as error:
        answer = f"No forecast: {error}"
    return {"answer": answer, "metric": curve.metric.name, "measured": json_values(rows)}
