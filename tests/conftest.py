"""What all tests share: one thread, one seed, and the default spotters."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from fresh_runs import forget_runs

import pipeline.registration  # noqa: F401
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
from pipeline.structures import Word

torch.set_num_threads(1)
DEMO = Path(__file__).parents[1] / 'data' / 'demo' / 'scene.jpg'


def pytest_collection_finish() -> None:
    """Exempt the objects of all imported modules from garbage collection.

    MMEngine collects garbage for each data set that it serializes, which takes longer than most
    tests if all modules are searched.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope='session')
def default_spotter() -> TextSpotter:
    """The embedded default in ONNX Runtime. Tests do not change it."""
    return TextSpotter.default()


@pytest.fixture(scope='session')
def demo_words(default_spotter: TextSpotter) -> list[Word]:
    """The words of the demo image as ``default_spotter`` reads them."""
    return default_spotter.read(DEMO)


@pytest.fixture(scope='session')
def float_spotter() -> TextSpotter:
    """The embedded default in torch, in floating point. Tests do not change it."""
    return TextSpotter.from_config(DEFAULT_CONFIG)


@pytest.fixture(scope='session')
def float_demo_words(float_spotter: TextSpotter) -> list[Word]:
    """The words of the demo image as ``float_spotter`` reads them."""
    return float_spotter.read(DEMO)


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)
    np.random.seed(0)


@pytest.fixture(autouse=True)
def _runs_of_other_tests_are_forgotten() -> Iterator[None]:
    yield
    forget_runs()
