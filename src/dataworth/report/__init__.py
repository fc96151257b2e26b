"""What a person looks at: numbers first, then pictures and pages that draw them."""

from dataworth.report.curve_figure import CurveFigure, curve_figure, draw_curve
from dataworth.report.write_report import write_comparison, write_report

__all__ = ["CurveFigure", "curve_figure", "draw_curve", "write_comparison", "write_report"]
