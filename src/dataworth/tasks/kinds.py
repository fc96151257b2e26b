"""Names of the tasks, apart from what they do: the command line offers them."""

KINDS = ("classification", "regression")
"""Names of the tasks that need no object."""
