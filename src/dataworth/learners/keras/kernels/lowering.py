"""Replacement of convolutions and max-pooling in a traced function by the kernels for the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import lax
from jax.extend.core import Literal

from dataworth.learners.keras.kernels.convolution import Geometry, convolve
from dataworth.learners.keras.kernels.pooling import max_pool

Equation = Any
_IMAGES_LAST = ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))


def for_cpu(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `function` so that convolutions and max-pooling use the kernels of this folder.

    The function is traced to a jaxpr. This is evaluated with every supported convolution and
    max-pooling replaced, whether Keras' layers or the user's code called it. All other primitives
    are unchanged.

    Parameters
    ----------
    function : callable
        Of trees of arrays; must be traceable.

    Returns
    -------
    callable
        Of the same arguments and result.
    """

    def run(*arguments: Any) -> Any:
        closed, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
        values = _evaluate(closed.jaxpr, closed.consts, jax.tree.leaves(arguments))
        return jax.tree.unflatten(jax.tree.structure(shape), values)

    return run


def _evaluate(jaxpr: Any, constants: list[Any], arguments: list[Any]) -> list[Any]:
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, constants, strict=True))
    known.update(zip(jaxpr.invars, arguments, strict=True))

    def value(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        inputs = [value(atom) for atom in equation.invars]
        known.update(zip(equation.outvars, _applied(equation, inputs), strict=True))
    return [value(atom) for atom in jaxpr.outvars]


def _applied(equation: Equation, inputs: list[Any]) -> list[Any]:
    name, parameters = equation.primitive.name, equation.params
    if name in ("jit", "pjit"):
        inner = parameters["jaxpr"]
        return _evaluate(inner.jaxpr, inner.consts, inputs)
    if name == "conv_general_dilated" and _is_plain_convolution(equation):
        down, across = parameters["padding"]
        geometry = Geometry(
            tuple(parameters["window_strides"]),
            (tuple(down), tuple(across)),
            tuple(parameters["rhs_dilation"]),
        )
        return [convolve(*inputs, geometry)]
    if name == "reduce_window_max" and _is_plain_pooling(equation):
        return [max_pool(*inputs, tuple(parameters["window_dimensions"][1:3]))]
    # Before JAX 0.9, functions were separate from the other parameters.
    found = equation.primitive.get_bind_params(parameters)
    functions, keywords = found if isinstance(found, tuple) else ((), found)
    outputs = equation.primitive.bind(*functions, *inputs, **keywords)
    return list(outputs) if equation.primitive.multiple_results else [outputs]


def _is_plain_convolution(equation: Equation) -> bool:
    parameters = equation.params
    layout: lax.ConvDimensionNumbers = parameters["dimension_numbers"]
    images, kernel = (atom.aval for atom in equation.invars)
    return (
        tuple(layout) == _IMAGES_LAST
        and images.dtype == kernel.dtype == "float32"
        and tuple(parameters["lhs_dilation"]) == (1, 1)
        and parameters["feature_group_count"] == parameters["batch_group_count"] == 1
        and all(side >= 0 for pad in parameters["padding"] for side in pad)
    )


def _is_plain_pooling(equation: Equation) -> bool:
    parameters = equation.params
    window = tuple(parameters["window_dimensions"])
    ones = (1,) * len(window)
    return (
        len(window) == 4
        and window[0] == window[3] == 1
        and tuple(parameters["window_strides"]) == window
        and all(tuple(pad) == (0, 0) for pad in parameters["padding"])
        and tuple(parameters["base_dilation"]) == tuple(parameters["window_dilation"]) == ones
    )
