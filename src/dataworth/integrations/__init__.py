"""Functions in the form of other libraries."""
