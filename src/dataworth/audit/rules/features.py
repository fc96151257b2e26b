"""Rules on the range of the scaled features: unscaled, dim, scaled twice, all zero."""

from __future__ import annotations

import math

import numpy as np

from dataworth.audit.view import Samples
from dataworth.findings import Finding

_ROWS = 2_000
_LARGE = 32.0
_SMALL = 1.01 / 255.0
_DIM = 64
_FAINT = 1.0 / 32.0


def feature_findings(samples: Samples) -> list[Finding]:
    """Check the largest absolute feature of 2,000 rows, times the scale that learners apply."""
    features, _ = samples.some(_ROWS)
    scale = samples.dataset.scale or 1.0
    low, high = float(features.min()), float(features.max())
    within = math.prod(samples.model_scales.values())
    largest = max(abs(low), abs(high)) * abs(scale) * within
    evidence = {
        "minimum": low,
        "maximum": high,
        "scale": scale,
        "largest_as_fed": largest,
        "dtype": str(features.dtype),
        "rows_looked_at": len(features),
    }
    spread = (high - low) * abs(scale) * within
    if samples.model_scales and 0 < spread <= _FAINT:
        evidence |= {"model_scales": dict(samples.model_scales), "spread_as_fed": spread}
        return [_scaled_in_model(samples, evidence, spread)]
    if largest > _LARGE:
        return [_unscaled(samples, evidence, pixels=low >= 0 and 127 < high <= 255)]
    if largest <= _SMALL:
        return [_scaled_twice(samples, evidence, largest)]
    if features.dtype == np.uint8 and high < _DIM and scale <= _SMALL:
        return [_dim(samples, evidence, high)]
    return []


def _unscaled(samples: Samples, evidence: dict[str, object], *, pixels: bool) -> Finding:
    seen = f"Features up to {evidence['largest_as_fed']:.6g} reach the network"
    return Finding(
        code="features-not-scaled",
        severity="warning",
        where=f"{samples.name}, features",
        message=(
            f"{seen}: pixels of 0..255 that nothing scales."
            if pixels
            else f"{seen}: a network with its usual initial weights trains badly on such numbers."
        ),
        evidence=evidence,
        advice=(
            "Keep images as uint8 (they are scaled as they are read), or give scale=1/255."
            if pixels
            else "Standardise the features on the training rows, or give Dataset(scale=...)."
        ),
    )


def _dim(samples: Samples, evidence: dict[str, object], high: float) -> Finding:
    return Finding(
        code="features-dim",
        severity="warning",
        where=f"{samples.name}, features",
        message=(
            f"The largest feature in the checked rows is {high:g}, and it "
            "is scaled as a pixel of 0..255: "
            f"only {evidence['largest_as_fed']:.3g} reaches the network, which then learns slowly."
        ),
        evidence=evidence,
        advice=(
            f"If {high:g} is the most there can be, give scale=1/{high:g} (in a study's file: "
            f"data_options = {{ scale = {1 / high:.6g} }}). Leave dark pictures as they are."
        ),
    )


def _scaled_in_model(samples: Samples, evidence: dict[str, object], spread: float) -> Finding:
    names = ", ".join(samples.model_scales)
    factors = " and ".join(f"{factor:.3g} ({n})" for n, factor in samples.model_scales.items())
    scale = samples.dataset.scale or 1.0
    read = "" if scale == 1 else f"{scale:.3g} as they are read, and by "
    apart = "" if scale == 1 else ", or give the data scale=1 (in a study's file: data_options)"
    return Finding(
        code="features-scaled-twice",
        severity="warning",
        where=f"{samples.name}, features",
        message=(
            f"Features of {evidence['minimum']:g} to {evidence['maximum']:g} are multiplied by "
            f"{read}{factors} within the model: only a range of {spread:.3g} is left, as of "
            "pixels scaled twice."
        ),
        evidence=evidence,
        advice=f"Take {names} out of the model{apart}.",
    )


def _scaled_twice(samples: Samples, evidence: dict[str, object], largest: float) -> Finding:
    message = (
        "Every feature in the checked rows is 0: "
        "fractions were cut to whole numbers, or nothing was read."
        if largest == 0
        else f"The largest feature that reaches the network is {largest:.3g}, about 1/255 or "
        "less: the features were scaled twice."
    )
    return Finding(
        code="features-scaled-twice",
        severity="warning",
        where=f"{samples.name}, features",
        message=message,
        evidence=evidence,
        advice=(
            "Divide by 255 once: keep the images as uint8, or give floats of 0..1 with scale=1."
        ),
    )
