"""Plots of curves, forecasts, classes and images: their numbers, and Matplotlib axes."""
