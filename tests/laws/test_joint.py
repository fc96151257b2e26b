"""The forms of joint laws, on grids of known losses."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dataworth.laws.joint import FORMS, JointFit, fit_joint

Floats = NDArray[np.float64]
KNOWN = {
    "additive": JointFit("additive", 1.5, 0.4, 0.6, 0.4, 0.3, 1.0, np.inf),
    "coupled": JointFit("coupled", 0.3, 0.02, 0.01, 0.4, 0.45, 0.5, np.inf),
    "saturating": JointFit("saturating", 0.4, 0.05, 0.05, 0.6, 0.5, 1.0, 2.0),
}


def grid() -> tuple[Floats, Floats]:
    model, data = np.meshgrid(np.geomspace(1e-3, 1, 8), np.geomspace(1e-3, 1, 8))
    return model.ravel(), data.ravel()


@pytest.mark.parametrize("form", FORMS)
def test_an_exact_law_is_found_and_predicts_beyond(form: str) -> None:
    known, (model, data) = KNOWN[form], grid()
    fit = fit_joint(model, data, known.loss(model, data), form)
    far = np.array([10.0]), np.array([30.0])
    assert fit.loss(*far) == pytest.approx(known.loss(*far), rel=2e-3)
    assert (fit.a, fit.b) == pytest.approx((known.a, known.b), rel=0.05)


def test_the_criterion_chooses_the_form_that_made_the_losses() -> None:
    model, data = grid()
    noise = np.exp(0.002 * np.random.default_rng(0).standard_normal(len(model)))
    for form, known in KNOWN.items():
        losses = known.loss(model, data) * noise
        fits = [fit_joint(model, data, losses, each) for each in FORMS]
        assert min(fits, key=lambda fit: fit.criterion).form == form


@pytest.mark.parametrize("form", FORMS)
def test_the_best_model_of_a_budget_has_the_least_loss(form: str) -> None:
    known = KNOWN[form]
    models = np.geomspace(1e-2, 1e2, 4001)
    losses = known.loss(models, 3.0 / models)
    assert known.best_model(3.0) == pytest.approx(models[int(np.argmin(losses))], rel=0.01)
