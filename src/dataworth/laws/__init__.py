"""Laws of learning curves: parametric families, their registry, and least squares fits."""

from dataworth.laws import plateaus as _plateaus
from dataworth.laws import powers as _powers
from dataworth.laws.base import Law, Parameter
from dataworth.laws.fit import Fit, fit_law
from dataworth.laws.registry import all_laws, find_law, register_law, unregister_law

del _plateaus, _powers

__all__ = [
    "Fit",
    "Law",
    "Parameter",
    "all_laws",
    "find_law",
    "fit_law",
    "register_law",
    "unregister_law",
]
