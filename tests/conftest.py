"""What all tests share: one thread, one seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from fresh_runs import forget_runs

import pipeline.registration  # noqa: F401

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)
    np.random.seed(0)


@pytest.fixture(autouse=True)
def _runs_of_other_tests_are_forgotten() -> Iterator[None]:
    yield
    forget_runs()
