"""The conformance suite of stores: what a study relies on, whatever the results are written to.

A subclass defines `StoreConformance.open`, as::

    class TestMyStore(StoreConformance):
        def open(self, directory, *, write=False):
            return MyStore(directory, write=write)
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from dataworth.errors import StudyError
from dataworth.records.record import Failure, Record, RunKey, run_key
from dataworth.records.store import Store


class StoreConformance:
    """Tests of a store, to be collected by pytest from a subclass that defines `open`."""

    def open(self, directory: Path, *, write: bool = False) -> Store:
        """The store under test, on a run directory."""
        raise NotImplementedError

    def test_records_read_back_by_size_and_seed(self, tmp_path: Path) -> None:
        originals = [example(300, 1), example(100, 1), example(100, 0)]
        with self.open(tmp_path, write=True) as store:
            for each in originals:
                store.add(each)
        with self.open(tmp_path) as store:
            found = store.records(arrays=True)
        assert [record.key for record in found] == [each.key for each in originals[::-1]]
        back, original = found[2], originals[0]
        assert back.scores == original.scores
        assert list(back.scores) == list(original.scores)
        assert back.standard_errors == original.standard_errors
        assert back.facts == original.facts
        assert (back.seconds, back.attempt) == (original.seconds, 1)
        assert (back.status, back.failure) == ("finished", None)
        # After the store is closed, and to the bit.
        assert list(back.history) == list(original.history)
        assert back.history["loss"].tobytes() == original.history["loss"].tobytes()
        np.testing.assert_allclose(
            back.history["seconds"], original.history["seconds"], atol=5e-7, rtol=0
        )
        for name, array in original.arrays.items():
            assert back.arrays[name].dtype == array.dtype
            assert back.arrays[name].tobytes() == array.tobytes()

    def test_arrays_are_read_only_where_asked_for(self, tmp_path: Path) -> None:
        original, bare = example(100, 0), Record(key(100, 1), {"loss": 1.0})
        with self.open(tmp_path, write=True) as store:
            store.add(original)
            store.add(bare)
            assert [dict(record.arrays) for record in store.records()] == [{}, {}]
            arrays = store.run_arrays(original.key.digest)
            assert (arrays["confusion"] == original.arrays["confusion"]).all()
            assert store.run_arrays(bare.key.digest) == {}
            assert store.run_arrays("none") == {}

    def test_a_run_without_history_or_arrays(self, tmp_path: Path) -> None:
        with self.open(tmp_path, write=True) as store:
            store.add(Record(key(5, 0), {"rmse": 2.0}))
        with self.open(tmp_path) as store:
            (back,) = store.records(arrays=True)
        assert dict(back.history) == dict(back.arrays) == dict(back.facts) == {}
        assert math.isnan(back.seconds)

    def test_figures_that_are_not_finite(self, tmp_path: Path) -> None:
        history = {"loss": np.array([1.0, math.nan, -math.inf])}
        scores = {"loss": math.nan, "brier": math.inf, "accuracy": 0.1}
        with self.open(tmp_path, write=True) as store:
            store.add(Record(key(5, 0), scores, history=history))
        with self.open(tmp_path) as store:
            (back,) = store.records()
            table = store.table()
        assert list(back.scores) == ["loss", "brier", "accuracy"]
        assert math.isnan(back.scores["loss"])
        assert back.scores["brier"] == table.values["brier"][0] == math.inf
        np.testing.assert_array_equal(back.history["loss"], history["loss"])

    def test_a_table_has_a_row_for_each_finished_run(self, tmp_path: Path) -> None:
        with self.open(tmp_path, write=True) as store:
            assert len(store.table()) == 0
            store.add(Record(key(300, 0, "net"), {"loss": 1.0, "f1": 0.5}))
            store.add(Record(key(100, 1), {"accuracy": 0.25, "loss": 3.0}))
            store.add(Record(key(100, 0), {"loss": 2.0}))
            store.add(failed(100, 2))
            table, losses = store.table(), store.table(["loss", "none"], learner="tree")
        assert table.learners.tolist() == ["tree", "tree", "net"]
        assert table.samples.tolist() == [100, 100, 300]
        assert table.seeds.tolist() == [0, 1, 0]
        assert list(table.values) == ["loss", "f1", "accuracy"]
        np.testing.assert_array_equal(table.values["loss"], [2.0, 3.0, 1.0])
        np.testing.assert_array_equal(table.values["f1"], [math.nan, math.nan, 0.5])
        assert list(losses.values) == ["loss", "none"]
        np.testing.assert_array_equal(losses.values["loss"], [2.0, 3.0])
        assert np.isnan(losses.values["none"]).all()

    def test_a_failed_run_is_a_record_until_it_is_finished(self, tmp_path: Path) -> None:
        first, second = failed(100, 0), failed(100, 0, "another reason")
        digest = first.key.digest
        with self.open(tmp_path, write=True) as store:
            store.add(example(300, 0))
            store.add(first)
            assert store.digests("failed") == {digest}
            store.add(second)
        with self.open(tmp_path, write=True) as store:
            (record,) = store.records("failed")
            assert record.failure == second.failure
            assert (record.status, record.attempt) == ("failed", 2)
            assert [r.key.size for r in store.records(None)] == [100, 300]
            assert digest not in store.digests("finished")
            store.add(example(100, 0))
            assert store.records("failed") == []
            assert [r.key.size for r in store.records()] == [100, 300]
            assert store.digests() == store.digests("finished")

    def test_a_failure_does_not_replace_figures(self, tmp_path: Path) -> None:
        with self.open(tmp_path, write=True) as store:
            store.add(example(100, 0))
            store.add(failed(100, 0))
            (record,) = store.records(None)
        assert record.status == "finished"

    def test_records_of_one_learner(self, tmp_path: Path) -> None:
        with self.open(tmp_path, write=True) as store:
            store.add(Record(key(9, 0, "net"), {"loss": 1.0}))
            store.add(Record(key(9, 0, "tree"), {"loss": 2.0}))
            found = store.records(learner="tree")
        assert [record.scores["loss"] for record in found] == [2.0]

    def test_a_checkpoint_is_replaced_and_dropped_when_the_run_has_ended(
        self, tmp_path: Path
    ) -> None:
        done = example(100, 0)
        digest = done.key.digest
        state = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array(3)}
        with self.open(tmp_path, write=True) as store:
            assert store.load_checkpoint(digest) is None
            store.save_checkpoint(digest, {"loss": np.array([2.0])}, state)
            store.save_checkpoint(digest, done.history, {"w": state["w"] + math.pi})
        with self.open(tmp_path, write=True) as store:
            stored = store.load_checkpoint(digest)
            assert stored is not None
            assert stored[0]["loss"].tobytes() == done.history["loss"].tobytes()
            assert list(stored[1]) == ["w"]
            assert stored[1]["w"].tobytes() == (state["w"] + math.pi).tobytes()
            store.add(done)
            assert store.load_checkpoint(digest) is None

    def test_one_process_writes_while_others_read(self, tmp_path: Path) -> None:
        with self.open(tmp_path, write=True) as store:
            store.add(example(100, 0))
            with pytest.raises(StudyError):
                self.open(tmp_path, write=True)
            with self.open(tmp_path) as reader:
                assert len(reader.records()) == 1
                store.add(example(100, 1))
                assert len(reader.records()) == 2
        self.open(tmp_path, write=True).close()

    def test_what_the_study_knows_of_all_runs(self, tmp_path: Path) -> None:
        images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
        with self.open(tmp_path, write=True) as store:
            store.set_meta({"name": "a", "classes": 3})
            store.set_meta({"classes": 4})
            store.set_array("images", images)
        with self.open(tmp_path) as store:
            assert store.meta() == {"name": "a", "classes": 4}
            assert store.require("classes", int) == 4
            with pytest.raises(StudyError, match="learner"):
                store.require("learner", str)
            np.testing.assert_array_equal(store.array("images"), images)
            assert store.array("none") is None

    def test_a_directory_without_results_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(StudyError):
            self.open(tmp_path)
        with pytest.raises(StudyError):
            self.open(tmp_path / "none")


def key(size: int, seed: int, learner: str = "tree") -> RunKey:
    """The key of a run of a made-up study."""
    return RunKey(learner, size, seed, run_key({"learner": learner}, size, seed))


def failed(size: int, seed: int, message: str = "ValueError: no") -> Record:
    """The record of a failed run."""
    failure = Failure("error", message, "Traceback (most recent call last): ...")
    return Record(key(size, seed), {}, failure=failure, seconds=0.5)


def example(size: int, seed: int, epochs: int = 40, classes: int = 4) -> Record:
    """A record with everything that one can have, its figures drawn at random."""
    random = np.random.Generator(np.random.Philox([size, seed]))
    losses = random.random(epochs)
    return Record(
        key(size, seed),
        {"loss": float(random.random()), "accuracy": 0.5, "train_loss": float(losses[-1])},
        history={
            "steps": np.full(epochs, 10.0),
            "samples": np.full(epochs, float(size)),
            "loss": losses,
            "seconds": random.random(epochs),
            "validation_loss": np.full(epochs, math.nan),
        },
        facts={"parameters": 1_234.0},
        standard_errors={"loss": 0.01},
        arrays={
            "confusion": random.integers(0, 900, (classes, classes)),
            "class_losses": random.random(classes),
        },
        seconds=float(random.random()),
    )
