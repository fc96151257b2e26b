"""The folder in which a study lays out its objective for the processes that do its runs."""

from __future__ import annotations

import pickle
from pathlib import Path

from dataworth._util.files import temporary_folder
from dataworth.errors import StudyError
from dataworth.execution.base import Objective
from dataworth.execution.sharing import dump_sharing_arrays


def folder_for_handover() -> Path:
    """A new folder for temporary files; see `temporary_folder`.

    Raises
    ------
    StudyError
        If there is no room for it.
    """
    try:
        return temporary_folder()
    except OSError as error:
        raise _no_room(error) from None


def lay_out(objective: Objective, path: Path) -> None:
    """Pickle an objective to a file; large arrays in it are written beside the file.

    Raises
    ------
    StudyError
        If it cannot be pickled, or there is no room for it.
    """
    try:
        dump_sharing_arrays(objective, path)
    except OSError as error:
        raise _no_room(error) from None
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise StudyError(
            f"workers: the model cannot be handed to other processes ({error}). Give it as "
            "module:function or a .keras file, or use one worker.",
            code="not-picklable",
        ) from None


def _no_room(error: OSError) -> StudyError:
    return StudyError(
        "workers: the data could not be laid out for the processes in the folder for temporary "
        f"files ({error.strerror}). Free some space there, set TMPDIR, or use one worker.",
        code="disk-full",
    )
