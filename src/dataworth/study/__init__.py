"""Studies: what is asked, and the loop that runs it."""
