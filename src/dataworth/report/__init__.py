"""What a person looks at: numbers first, then pictures and pages that draw them."""

from dataworth.report.class_figure import ClassFigure, Confused, class_figure
from dataworth.report.class_plot import draw_classes, plot_classes
from dataworth.report.curve_figure import CurveFigure, curve_figure, draw_curve
from dataworth.report.forecast_figure import ForecastFigure, draw_forecast, forecast_figure
from dataworth.report.image_figure import ImageFigure, draw_images, image_figure, plot_images
from dataworth.report.write_report import write_comparison, write_report

__all__ = [
    "ClassFigure",
    "Confused",
    "CurveFigure",
    "ForecastFigure",
    "ImageFigure",
    "class_figure",
    "curve_figure",
    "draw_classes",
    "draw_curve",
    "draw_forecast",
    "draw_images",
    "forecast_figure",
    "image_figure",
    "plot_classes",
    "plot_images",
    "write_comparison",
    "write_report",
]
