"""UnwrapCheckpointHook: load_from accepts checkpoints of wrapped models."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner


class Model(BaseModel):
    """A model with one layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)

    def forward(self, **_: object) -> None:
        raise NotImplementedError


def load(folder: Path, checkpoint: dict) -> Model:
    """The model after MMEngine has loaded a checkpoint as ``load_from``."""
    torch.save(checkpoint, folder / 'start.pth')
    hooks = [dict(type='UnwrapCheckpointHook')]
    runner = Runner(
        Model(), str(folder), custom_hooks=hooks, default_scope='mmocr', log_level='ERROR'
    )
    runner.load_checkpoint(str(folder / 'start.pth'))
    return runner.model


@pytest.mark.parametrize('key', ['state_dict', 'model', None])
@pytest.mark.parametrize('prefix', ['', 'module.', '_orig_mod.', 'model.', 'module._orig_mod.'])
def test_load_from_accepts_wrapped_checkpoints(tmp_path, key, prefix):
    weights = Model().state_dict()
    named = {prefix + name: value for name, value in weights.items()}
    model = load(tmp_path, {key: named, 'epoch': 3} if key else named)
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_load_from_names_a_file_without_weights(tmp_path):
    with pytest.raises(ValueError, match='load_from contains no weights'):
        load(tmp_path, {'epoch': 3})
