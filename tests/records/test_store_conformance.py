from __future__ import annotations

from pathlib import Path

from dataworth.records.store import Store
from dataworth.testing.stores import StoreConformance


class TestSQLite(StoreConformance):
    def open(self, directory: Path, *, write: bool = False) -> Store:
        return Store(directory, write=write)
