"""``python -m dataworth``: the command line."""

from dataworth.cli.main import program

if __name__ == "__main__":
    program()
