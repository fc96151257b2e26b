"""The command line: one module for each command; `main` parses, calls and prints."""
