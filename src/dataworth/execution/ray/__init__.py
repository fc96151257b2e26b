"""Runs on a Ray cluster: one task for each run."""

from dataworth.execution.ray.settings import Ray

__all__ = ["Ray"]
