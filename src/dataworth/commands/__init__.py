"""The commands, one module each: ``add_parser`` says what they take, ``run`` does it."""

from dataworth.commands import audit, compare, data, forecast, report, run

COMMANDS = (run, forecast, audit, data, report, compare)
