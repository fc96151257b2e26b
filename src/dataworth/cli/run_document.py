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
        "plan": _plan(outcome),
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


def _plan(outcome: Outcome) -> dict[str, Any] | None:
    """Why the plan of a study with a goal has ended; None without a goal."""
    if outcome.stop is None:
        return None
    from dataworth._util.json import json_values
    from dataworth.plan.stored import stored_plan
    from dataworth.records.store import Store

    with Store(outcome.directory) as store:
        found = stored_plan(store)
    assert found is not None
    names = ("goal", "budget", "stop", "notes", "intervals")
    return {name: json_values(each) for name, each in found.to_dict().items() if name in names}


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
