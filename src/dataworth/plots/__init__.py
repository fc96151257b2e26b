"""Plots of curves, forecasts, classes and images: their numbers, and Matplotlib axes.

Importing the package registers what draws a curve, a forecast and a data set; see
`dataworth._util.display`.
"""

from dataworth.plots.classes import plot_classes
from dataworth.plots.curve import plot_curve
from dataworth.plots.files import write_forecast_picture
from dataworth.plots.forecast import plot_forecast
from dataworth.plots.images import plot_images
from dataworth.plots.joint import plot_joint

__all__ = [
    "plot_classes",
    "plot_curve",
    "plot_forecast",
    "plot_images",
    "plot_joint",
    "write_forecast_picture",
]
