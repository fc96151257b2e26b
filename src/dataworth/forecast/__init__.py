"""Forecasts of learning curves."""
