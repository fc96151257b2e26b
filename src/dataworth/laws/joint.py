"""Joint laws of model size N and data size D, fitted without local minima.

All forms are one: ``loss = S(E + (A N^-a + B D^-b)^g)`` with ``S(t) = t / sqrt(1 + (t / P)^2)``.

- "additive": g = 1 and P infinite (Hoffmann et al. 2022, eq. 2; Rosenfeld et al. 2020, eq. 4).
- "coupled": g free, where model and data limit each other; with E = 0 it is Kaplan et al. 2020,
  eq. 1.5.
- "saturating": P free, the loss of a model that has learned nothing (Rosenfeld et al. 2020, eq. 5,
  whose two constants are P and the unit of the loss below it).

Given a, b, g, P and E it is linear in A and B, neither negative: every point of a grid is solved
exactly (variable projection, Golub and Pereyra 1973). The best points are refined by Levenberg's
and Marquardt's method in logarithms of all parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FORMS = ("additive", "coupled", "saturating")
_EXPONENTS = np.geomspace(0.03, 2.0, 25)
_FLOORS = (0.0, 0.3, 0.5, 0.65, 0.75, 0.85, 0.92, 0.97)
"""E as shares of the least loss."""
_POWERS = (0.3, 0.45, 0.65, 1.0, 1.5)
_PLATEAUS = (0.03, 0.1, 0.3, 1.0, 4.0)
"""How far P is above the largest loss, as shares of it."""
_STARTS, _ROUNDS = 4, 60
_HUBER = 2.0
"""Residuals beyond so many robust standard deviations count less (Huber 1964)."""
_LOW = np.log([1e-4, 1e-12, 1e-2, 1e-12, 1e-2, 0.1, 1e-3])
_HIGH = np.log([1e2, 1e9, 4.0, 1e9, 4.0, 4.0, 1e3])
"""Bounds of E, A, a, B, b, g and of P above the largest loss, the losses relative to the middle."""
_SPREAD = 0.7
"""Prior standard deviation of log g: of two forms that fit alike, the one nearer the additive."""


@dataclass(frozen=True, eq=False)
class JointFit:
    """A fitted joint law; sizes in units of the largest measured ones, losses as measured.

    Attributes
    ----------
    form : str
        One of `FORMS`.
    e, a_scale, b_scale : float
        E, and A and B at the largest measured model and data size.
    a, b : float
        The exponents of model size and data size.
    g, plateau : float
        The power of the sum, and P.
    usual : float
        Robust standard deviation of the log residuals.
    criterion : float
        Schwarz's criterion (1978) of the form, lower is better.
    theta : ndarray, shape (7,)
        The parameters as they are fitted; see `_losses`.
    """

    form: str
    e: float
    a_scale: float
    b_scale: float
    a: float
    b: float
    g: float
    plateau: float
    usual: float = 0.0
    criterion: float = 0.0
    theta: Floats = field(default_factory=lambda: np.zeros(7))

    def loss(self, parameters: Floats, samples: Floats) -> Floats:
        """The loss at sizes relative to the largest measured ones."""
        total = self.a_scale * parameters**-self.a + self.b_scale * samples**-self.b
        free = self.e + total**self.g
        return np.asarray(free / np.sqrt(1 + (free / self.plateau) ** 2))

    def in_units(self, parameters: float, samples: float) -> dict[str, float]:
        """The parameters by name, where the largest measured sizes are these numbers."""
        found = {
            "E": self.e,
            "A": self.a_scale * parameters**self.a,
            "B": self.b_scale * samples**self.b,
            "a": self.a,
            "b": self.b,
        }
        if self.form == "coupled":
            found["g"] = self.g
        if self.form == "saturating":
            found["P"] = self.plateau
        return found

    def best_model(self, pairs: float) -> float:
        """The model size with the least loss where its product with the data size is given."""
        # All forms rise with A N^-a + B D^-b, whose least is where both parts fall alike.
        ratio = self.a * self.a_scale / max(self.b * self.b_scale, 1e-300)
        return float((ratio * pairs**self.b) ** (1 / (self.a + self.b)))


def fit_joint(
    parameters: Floats, samples: Floats, losses: Floats, form: str, weights: Floats | None = None
) -> JointFit:
    """Fit one form by robust least squares of log residuals.

    Parameters
    ----------
    parameters, samples : ndarray, shape (m,)
        Sizes relative to the largest measured ones.
    losses : ndarray, shape (m,)
        Positive.
    form : str
        One of `FORMS`.
    weights : ndarray, shape (m,), optional
        How often each measurement counts.
    """
    count = np.ones_like(losses) if weights is None else weights
    kept = count > 0
    data = _Data.of(parameters[kept], samples[kept], losses[kept])
    starts = _grid(data, form, count[kept])
    theta, error = _refined(data, starts, np.tile(count[kept], (len(starts), 1)), _free(form))
    return _fit(data, theta[int(np.argmin(error))], form, count[kept])


def refit_joint(
    fit: JointFit, parameters: Floats, samples: Floats, losses: Floats, weights: Floats
) -> list[JointFit]:
    """Fits near another one, such as those of a bootstrap, all at once.

    Parameters
    ----------
    fit : JointFit
        Of all measurements; its robust weights are used.
    parameters, samples, losses : ndarray, shape (m,)
    weights : ndarray, shape (k, m)
        How often each measurement counts in each fit.
    """
    data = _Data.of(parameters, samples, losses)
    robust = _robust(data.logs - _losses(data, fit.theta[None])[0], fit.usual)
    starts = np.tile(fit.theta, (len(weights), 1))
    theta, _ = _refined(data, starts, weights * robust, _free(fit.form), fit.usual)
    return [_fit(data, each, fit.form, count) for each, count in zip(theta, weights, strict=True)]


@dataclass(frozen=True, eq=False)
class _Data:
    """Logarithms of sizes and of losses, these relative to their middle."""

    x: Floats
    y: Floats
    logs: Floats
    middle: float

    @classmethod
    def of(cls, parameters: Floats, samples: Floats, losses: Floats) -> _Data:
        middle = float(np.median(losses))
        return cls(np.log(parameters), np.log(samples), np.log(losses / middle), middle)

    @property
    def largest(self) -> float:
        return float(np.exp(self.logs.max()))


def _free(form: str) -> NDArray[np.bool_]:
    return np.array([True] * 5 + [form == "coupled", form == "saturating"])


def _losses(data: _Data, theta: Floats) -> Floats:
    """Log losses, shape (k, m), of log parameters E, A, a, B, b, g and P's height, shape (k, 7)."""
    return _with_slopes(data, theta)[0]


def _with_slopes(data: _Data, theta: Floats) -> tuple[Floats, Floats]:
    """Log losses and their derivatives by the parameters, shape (k, m, 7)."""
    e, a_scale, a, b_scale, b, g, height = (part[:, None] for part in np.exp(theta).T)
    by_model, by_data = a_scale * np.exp(-a * data.x), b_scale * np.exp(-b * data.y)
    total = by_model + by_data
    power = total**g
    free = e + power
    # No plateau where its height is at the upper bound.
    plateau = np.where(theta[:, 6:] < _HIGH[6], data.largest * (1 + height), np.inf)
    ratio = (free / plateau) ** 2
    logs = np.log(free) - 0.5 * np.log1p(ratio)
    outer = 1 / (free * (1 + ratio))
    inner = outer * g * power / total
    slopes = [
        outer * e,
        inner * by_model,
        -inner * by_model * a * data.x,
        inner * by_data,
        -inner * by_data * b * data.y,
        outer * power * g * np.log(total),
        ratio / (1 + ratio) * height / (1 + height),
    ]
    return logs, np.stack(np.broadcast_arrays(*slopes), axis=-1)


def _grid(data: _Data, form: str, count: Floats) -> Floats:
    """The best points of a grid of all parameters but A and B, which are solved for."""
    powers = _POWERS if form == "coupled" else (1.0,)
    heights = _PLATEAUS if form == "saturating" else (float(np.exp(_HIGH[6])),)
    losses = np.exp(data.logs)
    x, y = (np.exp(-_EXPONENTS[:, None] * each) for each in (data.x, data.y))
    found = []
    for height in heights:
        plateau = data.largest * (1 + height) if form == "saturating" else np.inf
        free = losses / np.sqrt(1 - (losses / plateau) ** 2)
        # The slope of the log loss by that of the free loss.
        slope = 1 - (losses / plateau) ** 2
        for share in _FLOORS:
            floor = share * float(free.min())
            for power in powers:
                total = (free - floor) ** (1 / power)
                steep = slope * power * (free - floor) / free
                weight = count * (steep / total) ** 2
                a_scale, b_scale, error = _solved(x, y, total, weight)
                i, j = np.unravel_index(int(np.argmin(error)), error.shape)
                start = (floor, a_scale[i, j], _EXPONENTS[i], b_scale[i, j], _EXPONENTS[j])
                found.append((float(error[i, j]), (*start, power, height)))
    found.sort(key=lambda each: each[0])
    starts = np.array([start for _, start in found[:_STARTS]])
    return np.asarray(np.clip(np.log(np.maximum(starts, 1e-300)), _LOW, _HIGH))


def _solved(x: Floats, y: Floats, total: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """A, B and the squared residual of every pair of exponents."""
    xx, yy = (x**2 @ weight)[:, None], (y**2 @ weight)[None, :]
    xy = (x * weight) @ y.T
    xt, yt = (x @ (weight * total))[:, None], (y @ (weight * total))[None, :]
    det = np.maximum(xx * yy - xy**2, 1e-12 * xx * yy)
    a_scale, b_scale = (yy * xt - xy * yt) / det, (xx * yt - xy * xt) / det
    a_scale, b_scale = (
        np.where(b_scale < 0, xt / xx, np.maximum(a_scale, 0)),
        np.where(a_scale < 0, yt / yy, np.maximum(b_scale, 0)),
    )
    error = a_scale**2 * xx + b_scale**2 * yy + 2 * a_scale * b_scale * xy
    return a_scale, b_scale, error - 2 * (a_scale * xt + b_scale * yt) + weight @ total**2


def _robust(off: Floats, usual: float | Floats) -> Floats:
    return np.minimum(1.0, _HUBER * usual / np.maximum(np.abs(off), 1e-12))


def _usual(off: Floats) -> Floats:
    return np.asarray(1.4826 * np.median(np.abs(off), axis=-1, keepdims=True) + 1e-9)


def _refined(
    data: _Data,
    theta: Floats,
    count: Floats,
    free: NDArray[np.bool_],
    usual: float | None = None,
) -> tuple[Floats, Floats]:
    """Levenberg-Marquardt steps of several fits at once; robust weights unless `usual` is given.

    Returns
    -------
    theta, error : ndarray
        Shape (k, 7), and the robust squared error of each.
    """
    damping = np.full((len(theta), 1), 1e-3)

    def state(theta: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        logs, slopes = _with_slopes(data, theta)
        off = data.logs - logs
        scale = _usual(off) if usual is None else np.full((len(theta), 1), usual + 1e-9)
        weight = count * _robust(off, scale) if usual is None else count
        error = (weight * off**2).sum(axis=1) + (scale[:, 0] * theta[:, 5] / _SPREAD) ** 2
        return off, slopes, weight, np.nan_to_num(error, nan=np.inf), scale

    off, slopes, weight, error, scale = state(theta)
    for _ in range(_ROUNDS):
        left = np.einsum("kmi,km,kmj->kij", slopes, weight, slopes, optimize=True)
        right = np.einsum("kmi,km->ki", slopes, weight * off)
        left[:, 5, 5] += (scale[:, 0] / _SPREAD) ** 2
        right[:, 5] -= theta[:, 5] * (scale[:, 0] / _SPREAD) ** 2
        left[:, ~free, :] = 0
        left[:, :, ~free] = 0
        right[:, ~free] = 0
        diagonal = np.einsum("kii->ki", left)
        diagonal += damping * np.maximum(diagonal, 1e-9) + 1e-12
        diagonal[:, ~free] = 1
        step = np.clip(np.linalg.solve(left, right[..., None])[..., 0], -1, 1)
        new = np.clip(theta + step, _LOW, _HIGH)
        tried = state(new)
        better = tried[3] < error
        if not better.any() and (damping > 1e6).all():
            break
        theta = np.where(better[:, None], new, theta)
        keep = better[:, None]
        off, weight, scale = (
            np.where(keep, tried[0], off),
            np.where(keep, tried[2], weight),
            np.where(keep, tried[4], scale),
        )
        slopes = np.where(keep[..., None], tried[1], slopes)
        error = np.where(better, tried[3], error)
        damping = np.where(keep, damping / 4, np.minimum(damping * 4, 1e8))
    return theta, error


def _fit(data: _Data, theta: Floats, form: str, count: Floats) -> JointFit:
    off = data.logs - _losses(data, theta[None])[0]
    usual = float(_usual(off[count > 0])[0])
    squares = float((count * _robust(off, usual) * off**2).sum() / count.sum())
    spare = count.sum() * np.log(squares + 1e-18) + _free(form).sum() * np.log(count.sum())
    e, a_scale, a, b_scale, b, g, height = np.exp(theta)
    unit = data.middle ** (1 / g)
    plateau = data.middle * data.largest * (1 + height) if form == "saturating" else np.inf
    return JointFit(
        form,
        float(e * data.middle),
        float(a_scale * unit),
        float(b_scale * unit),
        float(a),
        float(b),
        float(g),
        float(plateau),
        usual,
        float(spare),
        theta,
    )
