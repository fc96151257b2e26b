"""Audit rules."""
