"""Executors: where runs are done."""
