from __future__ import annotations

import numpy as np
import pytest

from dataworth.data.dataset import Dataset
from dataworth.learners.ending import Ending

UNTIL = Ending()


def data_of(samples: int, groups: object = None) -> Dataset:
    y = np.arange(samples) % 4
    return Dataset(np.ones((samples, 1)), y, class_names=list("abcd"), groups=groups)  # type: ignore[arg-type]


@pytest.mark.parametrize(("samples", "parts"), [(1, 0), (2, 2), (4, 4), (40, 5), (2_000, 5)])
def test_every_row_of_a_small_subset_is_validated_on_once(samples: int, parts: int) -> None:
    rows = np.arange(samples)
    found = UNTIL.parts(data_of(samples), rows, seed=3)
    assert len(found) == parts
    for train, held in found:
        assert sorted([*train, *held]) == rows.tolist()
        assert len(train) > 0
    if found:
        assert sorted(np.concatenate([held for _, held in found])) == rows.tolist()


def test_a_tenth_of_a_large_subset_is_validated_on() -> None:
    data = data_of(3_000)
    ((train, held),) = UNTIL.parts(data, np.arange(3_000), seed=0)
    assert (len(train), len(held)) == (2_700, 300)
    assert np.bincount(data.y[held]).tolist() == [75, 75, 75, 75]


@pytest.mark.parametrize("samples", [40, 3_000])
def test_groups_are_not_divided(samples: int) -> None:
    groups = np.arange(samples) // 7
    for train, held in UNTIL.parts(data_of(samples, groups), np.arange(samples), seed=1):
        assert len(train) > 0
        assert len(held) > 0
        assert not set(groups[train]) & set(groups[held])


def test_one_group_cannot_be_divided() -> None:
    assert UNTIL.parts(data_of(9, np.zeros(9, int)), np.arange(9), seed=1) == []


def test_it_ends_when_neither_steps_nor_epochs_nor_a_share_brought_a_lower_loss() -> None:
    falling = [1.0, 0.5, 0.4]
    assert not UNTIL.has_ended([], 128, 128)
    assert not UNTIL.has_ended([*falling, *[0.6] * 4], 128, 128)
    assert UNTIL.has_ended([*falling, *[0.6] * 5], 128, 128)
    # 100 rounds of 100 steps: a fifth of them have to bring nothing.
    long = np.linspace(2, 1, 100).tolist()
    assert not UNTIL.has_ended([*long, *[1.5] * 20], 128, 128)
    assert UNTIL.has_ended([*long, *[1.5] * 25], 128, 128)
    # Where an epoch is longer than a round, five epochs.
    assert not UNTIL.has_ended([*falling, *[0.6] * 4], 100_000, 100)
    assert UNTIL.has_ended([*falling, *[0.6] * 5], 100_000, 100)
    # A loss that is no number is never the lowest.
    assert UNTIL.has_ended([0.5, *[float("nan")] * 6], 128, 128)


def test_the_ceiling_is_in_steps_for_small_subsets_and_in_epochs_for_large_ones() -> None:
    assert UNTIL.ceiling(160, 128) == 50_000
    assert UNTIL.ceiling(697_000, 128) == 100 * 5_446
