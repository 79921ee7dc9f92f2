"""The detector for GPUs, initialized with weights of MMOCR's hub."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor

from pipeline.registry import MODELS

CONFIG = Path(__file__).parents[2] / 'configs/detection/dbnet-medium_synth-ic15.py'


@pytest.fixture
def stem_weights() -> dict[str, Tensor]:
    """A small weights file with the first convolution of a CLIPResNet."""
    return {'stem.0.weight': torch.randn(32, 3, 3, 3)}


@pytest.fixture
def hub(tmp_path, monkeypatch, stem_weights) -> Iterator[str]:
    """URL of a file on a local server."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
    (tmp_path / 'hub').mkdir()
    torch.save({'state_dict': stem_weights}, tmp_path / 'hub' / 'backbone.pth')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / 'hub'))
    server = HTTPServer(('127.0.0.1', 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f'http://127.0.0.1:{server.server_port}/backbone.pth'
    server.shutdown()
    server.server_close()


def build_backbone(checkpoint: str) -> torch.nn.Module:
    config = Config.fromfile(CONFIG)
    config.merge_from_dict({'model.backbone.init_cfg.checkpoint': checkpoint})
    with DefaultScope.overwrite_default_scope('mmocr'):
        backbone = MODELS.build(config.model.backbone)
        backbone.init_weights()
    return backbone


def test_medium_config_names_hub_weights():
    checkpoint = Config.fromfile(CONFIG).model.backbone.init_cfg.checkpoint
    assert checkpoint.startswith('https://download.openmmlab.com/mmocr/backbone/')


def test_medium_backbone_downloads_weights_once(hub, tmp_path, stem_weights):
    backbone = build_backbone(hub)
    torch.testing.assert_close(backbone.stem[0].weight.data, stem_weights['stem.0.weight'])
    (tmp_path / 'hub' / 'backbone.pth').unlink()
    again = build_backbone(hub)  # from the cache: the server has it no longer
    torch.testing.assert_close(again.stem[0].weight.data, stem_weights['stem.0.weight'])


def test_medium_backbone_loads_a_local_file(tmp_path, stem_weights):
    torch.save(stem_weights, tmp_path / 'backbone.pth')
    backbone = build_backbone(str(tmp_path / 'backbone.pth'))
    torch.testing.assert_close(backbone.stem[0].weight.data, stem_weights['stem.0.weight'])
