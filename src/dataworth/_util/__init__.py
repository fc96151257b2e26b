"""Helpers that know no noun of the domain."""
