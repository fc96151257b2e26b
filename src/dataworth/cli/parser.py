"""A parser of arguments that takes no abbreviations and proposes the option that was meant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from dataworth._util.words import did_you_mean


class Parser(argparse.ArgumentParser):
    """A parser of ``dataworth`` or of one of its commands.

    An unknown option is an error of the command that it was given to, with the usage of that
    command. Abbreviations are not taken: the meaning of ``--seed`` would change when an option with
    the same beginning is added.
    """

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **{**keywords, "allow_abbrev": False})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the arguments of this command; exit with code 2 if one of them is unknown.

        Parameters
        ----------
        args : sequence of str, optional
            Those of the process by default.
        namespace : argparse.Namespace, optional

        Returns
        -------
        tuple of argparse.Namespace and an empty list
        """
        if args is not None:
            # Before argparse, which reports a missing argument first.
            self._check_options(args)
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self._check_options(unknown)
            self.error(f"unexpected argument {unknown[0]!r}")
        return parsed, unknown

    def _check_options(self, args: Sequence[str]) -> None:
        known = self._option_string_actions
        for text in args:
            if text == "--" or (self._subparsers and not text.startswith("-")):
                # What follows is not an option, or belongs to a command.
                return
            name = text.partition("=")[0]
            # As for argparse, text with a space is a value and no option.
            if text.startswith("--") and " " not in name and name not in known:
                self.error(f"unknown option {name}.{did_you_mean(name, known, str)}")
