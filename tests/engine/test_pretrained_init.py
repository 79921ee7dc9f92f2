"""Pretrained: init_cfg of a model and of its parts accepts checkpoints of wrapped models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.model import BaseModel, BaseModule
from mmengine.registry import DefaultScope
from safetensors.torch import save_file


class Part(BaseModule):
    """A part with one layer."""

    def __init__(self, init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(init_cfg)
        self.layer = torch.nn.Linear(3, 2)


class Model(BaseModel):
    """A model with one part."""

    def __init__(
        self, init_cfg: dict[str, Any] | None = None, part_cfg: dict[str, Any] | None = None
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.part = Part(part_cfg)

    def forward(self, **_: object) -> None:
        raise NotImplementedError


def load(folder: Path, checkpoint: dict[str, Any], part: bool = False, **options: str) -> Model:
    """The model, or a model with the part, that a checkpoint initializes."""
    torch.save(checkpoint, folder / 'start.pth')
    config = dict(type='Pretrained', checkpoint=str(folder / 'start.pth'), **options)
    model = Model(part_cfg=config) if part else Model(config)
    with DefaultScope.overwrite_default_scope('mmocr'):
        model.init_weights()
    return model


@pytest.mark.parametrize('key', ['state_dict', 'model', None])
@pytest.mark.parametrize('wrapper', ['', 'module.', '_orig_mod.', 'model.', 'module._orig_mod.'])
def test_init_cfg_accepts_wrapped_checkpoints(tmp_path, key, wrapper) -> None:
    weights = Model().state_dict()
    named = {wrapper + name: value for name, value in weights.items()}
    checkpoint = {key: named, 'epoch': 3} if key else named
    for model in (load(tmp_path, checkpoint), load(tmp_path, checkpoint, True, prefix='part.')):
        for name, value in model.state_dict().items():
            assert torch.equal(value, weights[name]), name


def test_init_cfg_accepts_safetensors(tmp_path) -> None:
    weights = Part().state_dict()
    save_file(weights, tmp_path / 'part.safetensors')
    model = Model(part_cfg=dict(type='Pretrained', checkpoint=f'{tmp_path}/part.safetensors'))
    model.init_weights()
    assert torch.equal(model.part.layer.weight, weights['layer.weight'])


@pytest.mark.parametrize(
    ('part', 'options', 'message'),
    [
        (True, {}, "begin with 'part.', wanted names without it"),
        (False, {'prefix': 'neck'}, "wanted names that begin with 'neck.'"),
    ],
)
def test_init_cfg_names_the_prefix_if_nothing_fits(tmp_path, part, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        load(tmp_path, Model().state_dict(), part, **options)


def test_init_cfg_rejects_weights_of_another_model(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"no weight of Model .*first is 'conv.weight'"):
        load(tmp_path, {'conv.weight': torch.zeros(2)})
