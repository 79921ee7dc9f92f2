"""Scene context of a server: the option, and the gate for the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from gated_spotter import SETTINGS, GatedSpotter
from torch import nn

from pipeline.clipter.fusion.gate import TanhGate
from pipeline.onnx.spotter import DEFAULT_FOLDER
from pipeline.serve.app import create_app
from pipeline.structures import Word


class GatedRecognizer(nn.Module):
    """The recognizer of the default with a gate that is 0.46 open and changes no word."""

    def __init__(self, recognizer: Any) -> None:
        super().__init__()
        self.gate = TanhGate()
        nn.init.constant_(self.gate.alpha, 0.5)
        self.reader = recognizer.reader
        self.rescorer = recognizer.rescorer
        self.read = recognizer.read


class SpotterWithContext(GatedSpotter):
    """The default spotter with the switch of scene context."""

    is_on = True

    def prepare(self) -> None:
        super().prepare()
        self.modes: list[bool] = []
        self.recognizer = GatedRecognizer(self.recognizer)

    @property
    def has_context(self) -> bool:
        return self.is_on

    def use_context(self, on: bool) -> None:
        self.is_on = on

    def read_batch(self, images: Sequence[Any]) -> list[list[Word]]:
        self.modes.append(self.is_on)
        return super().read_batch(images)


@pytest.mark.parametrize('default', [True, False])
def test_context_is_set_for_each_request(blank: bytes, default: bool) -> None:
    spotter = SpotterWithContext(DEFAULT_FOLDER, threads=1)
    spotter.prepare()
    spotter.use_context(default)
    with TestClient(create_app(spotter, SETTINGS)) as client:
        info = client.get('/v1/info').json()
        assert (info['context'], info['context_on']) == (True, default)
        assert info['gate'] == pytest.approx(0.4621, abs=1e-4)
        for options in ({'context': 'on'}, {'context': 'off'}, {}):
            answer = client.post(
                '/v1/spot', params=options, content=blank, headers={'Content-Type': 'image/png'}
            )
            assert answer.status_code == 200
    assert spotter.modes == [True, False, default]
