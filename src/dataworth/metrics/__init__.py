"""Metrics: their names, directions, ranges, units and computation."""
