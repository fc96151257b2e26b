"""Functions with the interface of other libraries."""
