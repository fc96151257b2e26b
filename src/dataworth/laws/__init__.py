"""Laws: families of curves, their fit, and forecasts with intervals."""

from dataworth.laws import plateaus as _plateaus
from dataworth.laws import powers as _powers
from dataworth.laws.answers import (
    BacktestRow,
    ChosenLaw,
    Estimate,
    Prediction,
    SampleSize,
    Stop,
    Value,
)
from dataworth.laws.base import Law, Parameter
from dataworth.laws.fit import Fit, fit_law
from dataworth.laws.forecasting import Forecast
from dataworth.laws.points import Points, prepare
from dataworth.laws.prior import Prior, shipped_prior
from dataworth.laws.registry import all_laws, find_law, register_law, unregister_law
from dataworth.laws.request import forecast

del _plateaus, _powers

__all__ = [
    "BacktestRow",
    "ChosenLaw",
    "Estimate",
    "Fit",
    "Forecast",
    "Law",
    "Parameter",
    "Points",
    "Prediction",
    "Prior",
    "SampleSize",
    "Stop",
    "Value",
    "all_laws",
    "find_law",
    "fit_law",
    "forecast",
    "prepare",
    "register_law",
    "shipped_prior",
    "unregister_law",
]
