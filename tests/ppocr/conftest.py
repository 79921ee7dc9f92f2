"""The published PP-OCRv6 files, where the wheel that contains them is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope='session')
def published_recognizer() -> Path:
    """``PP-OCRv6_rec_small.onnx`` of the wheel ``rapidocr``."""
    spec = importlib.util.find_spec('rapidocr')
    if spec is None or spec.origin is None:
        pytest.skip('rapidocr is not installed')
    return Path(spec.origin).parent / 'models' / 'PP-OCRv6_rec_small.onnx'
