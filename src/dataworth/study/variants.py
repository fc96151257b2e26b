"""Variants: changes to data and objective that reproduce a published study."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol

from dataworth.data.dataset import Dataset
from dataworth.study.objectives import LearnerObjective


class Variant(Protocol):
    """What a reproduction changes."""

    @property
    def section(self) -> str:
        """The section of a study file that describes the variant."""

    def to_dict(self) -> Mapping[str, Any]:
        """The variant as TOML values."""

    def apply(self, dataset: Dataset) -> Dataset:
        """The data that the study gets."""

    def objective(self, objective: LearnerObjective) -> LearnerObjective:
        """The objective that the study gets."""


SECTIONS: Mapping[str, str] = MappingProxyType(
    {"mistakes": "dataworth.reproductions.emnist_paper:Mistakes"}
)
"""The variants that a study file can name, by section: the class that reads it (`from_dict`)."""


def read_variant(section: str, values: Any) -> Variant | None:
    """The variant that a section of a study file describes; None for an empty section.

    Raises
    ------
    StudyError
        If an entry is unknown or has the wrong type.
    """
    module, _, name = SECTIONS[section].partition(":")
    variant: Variant = getattr(import_module(module), name).from_dict(values)
    return variant if variant.to_dict() else None
