"""The commands, one module each: ``add_parser`` says what they take, ``run`` does it."""

from dataworth.commands import audit, compare, data, report, run

COMMANDS = (run, audit, data, report, compare)
