from __future__ import annotations

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from pipeline.engine import BFloat16OptimWrapper, ChannelsLastHook, bfloat16_optim_wrapper


class Tiny(BaseModel):
    """A convolution and a linear layer that record their dtypes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.line = nn.Linear(8, 1)
        self.seen: list[torch.dtype] = []

    def forward(self, inputs: Tensor, mode: str = 'tensor') -> dict[str, Tensor] | Tensor:
        features = self.conv(inputs)
        self.seen.append(features.dtype)
        out = self.line(features.mean((2, 3)))
        return {'loss': (out.float() ** 2).mean()} if mode == 'loss' else out


def wrapper_for(model: nn.Module, **options) -> BFloat16OptimWrapper:
    options = {'only_where_fast': False, **options}
    return BFloat16OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1), **options)


def test_bfloat16_wrapper_keeps_float32_weights():
    model = Tiny()
    optim = wrapper_for(model)
    before = model.line.weight.clone()
    log = model.train_step({'inputs': torch.randn(2, 3, 8, 8)}, optim)
    assert model.seen == [torch.bfloat16]
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert torch.isfinite(log['loss'])
    assert not torch.equal(model.line.weight, before)


@pytest.mark.parametrize('has_units', [True, False])
def test_bfloat16_wrapper_uses_float32_on_slow_cpus(monkeypatch, has_units):
    monkeypatch.setattr(bfloat16_optim_wrapper, 'has_bfloat16_units', lambda device: has_units)
    model = Tiny()
    model.train_step({'inputs': torch.randn(2, 3, 8, 8)}, wrapper_for(model, only_where_fast=True))
    assert model.seen == [torch.bfloat16 if has_units else torch.float32]


def test_bfloat16_wrapper_affects_only_its_context():
    model = Tiny()
    optim = wrapper_for(model)
    with optim.optim_context(model):
        assert torch.is_autocast_enabled('cpu')
    assert not torch.is_autocast_enabled('cpu')
    model(torch.randn(1, 3, 8, 8))
    assert model.seen == [torch.float32]


def test_bfloat16_wrapper_accumulates_gradients():
    model = Tiny()
    optim = wrapper_for(model, accumulative_counts=2)
    before = model.line.bias.clone()
    batch = {'inputs': torch.randn(2, 3, 8, 8)}
    model.train_step(batch, optim)
    assert torch.equal(model.line.bias, before)
    model.train_step(batch, optim)
    assert not torch.equal(model.line.bias, before)


def test_bfloat16_wrapper_step_is_close_to_float32():
    torch.manual_seed(0)
    model, plain = Tiny(), Tiny()
    plain.load_state_dict(model.state_dict())
    pictures = torch.randn(2, 3, 8, 8)
    model.train_step({'inputs': pictures}, wrapper_for(model))
    plain.train_step(
        {'inputs': pictures}, OptimWrapper(torch.optim.SGD(plain.parameters(), lr=0.1))
    )
    torch.testing.assert_close(model.line.weight, plain.line.weight, rtol=0.01, atol=0.005)


def test_channels_last_hook_keeps_values(tmp_path):
    model = Tiny()
    before = model.conv.weight.clone()
    runner = Runner(
        model=model,
        work_dir=str(tmp_path),
        train_dataloader={
            'batch_size': 2,
            'sampler': {'type': 'InfiniteSampler'},
            'dataset': Pictures(),
            'collate_fn': {'type': 'default_collate'},
        },
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': 1},
        optim_wrapper={
            'type': 'BFloat16OptimWrapper',
            'only_where_fast': False,
            'optimizer': {'type': 'SGD', 'lr': 0.0},
        },
        custom_hooks=[{'type': 'ChannelsLastHook'}],
        default_hooks={'checkpoint': None},
        default_scope='mmocr',
        log_level='ERROR',
        experiment_name='channels_last',
    )
    assert any(isinstance(hook, ChannelsLastHook) for hook in runner.hooks)
    runner.train()
    assert model.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(model.conv.weight, before)
    assert model.seen == [torch.bfloat16]


class Pictures(torch.utils.data.Dataset):
    """A black image and a lighter one."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {'inputs': torch.full((3, 8, 8), float(index))}
