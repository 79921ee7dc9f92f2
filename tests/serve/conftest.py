"""A server of the default spotter, whose reading the tests can hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from gated_spotter import SETTINGS, GatedSpotter

from pipeline.onnx.spotter import DEFAULT_FOLDER
from pipeline.serve.app import create_app

DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'


@pytest.fixture(scope='session')
def sign() -> bytes:
    """A photo of two words, as a PNG file."""
    scene = cv2.imread(str(DEMO))
    return bytes(cv2.imencode('.png', scene[280:370, 40:430])[1])


@pytest.fixture(scope='session')
def blank() -> bytes:
    """A small photo without words, which is read fast."""
    return bytes(cv2.imencode('.png', np.full((32, 32, 3), 255, dtype=np.uint8))[1])


@pytest.fixture(scope='module')
def _spotter() -> GatedSpotter:
    return GatedSpotter(DEFAULT_FOLDER, threads=1)


@pytest.fixture
def spotter(_spotter: GatedSpotter) -> GatedSpotter:
    _spotter.prepare()
    return _spotter


@pytest.fixture(scope='module')
def _client(_spotter: GatedSpotter) -> Iterator[TestClient]:
    _spotter.prepare()
    app = create_app(_spotter, SETTINGS)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(_client: TestClient, spotter: GatedSpotter) -> TestClient:
    """Client of a server with ``SETTINGS`` and the gated spotter."""
    return _client
