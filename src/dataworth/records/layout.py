"""Names of the files in a run directory."""

STUDY_FILE = "study.toml"
RESULTS_FILE = "results.sqlite"
CURVE_FILE = "curve.csv"
CURVE_PICTURE = "curve.png"
FORECAST_PICTURE = "forecast.png"
REPORT_FILE = "report.html"
