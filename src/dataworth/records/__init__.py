"""Run keys, records of finished runs, and the SQLite store that keeps them."""
