"""Conformance suites that authors of plug-ins can run; they need pytest."""
