"""What all tests share: one thread, one seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pipeline  # noqa: F401  lets MMOCR import, whichever test comes first

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)
    np.random.seed(0)
