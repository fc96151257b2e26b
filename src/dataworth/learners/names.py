"""The names of presets, checked without loading a library of learners."""

from __future__ import annotations

import difflib

from dataworth.errors import StudyError

PRESETS = ("linear", "mlp", "cnn")


def check_name(model: str) -> None:
    """Refuse a name that is no preset, and looks like nothing else.

    Other models are an object in a module ("module:name"), a file or a command; they are checked
    when they are loaded.

    Raises
    ------
    StudyError
        If it is one word without a preset of that name.
    """
    name = model.partition(":")[0]
    if not name.replace("-", "").replace("_", "").isalnum() or ":" in model or name in PRESETS:
        return
    close = difflib.get_close_matches(name.lower(), PRESETS, n=1, cutoff=0.5)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    raise StudyError(
        f'model "{model}" is not known. Choose one of {", ".join(PRESETS)}; a file that ends in '
        f".keras; or an object as module:name.{hint}",
        code="unknown-model",
    )
