"""MMEngine checkpoints with ``weights_only=True``."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import CheckpointHook, EMAHook
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.model import BaseModel
from mmengine.optim import AmpOptimWrapper
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, checkpoint, load_checkpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader


class Slope(BaseModel):
    """Model that learns the factor of y = 2 x."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Tensor, mode: str = 'tensor') -> dict[str, Tensor] | Tensor:
        if mode == 'loss':
            return {'loss': (self.weight * inputs - 2 * inputs).square().mean()}
        return self.weight * inputs


def make_runner(work_dir: Path, max_iters: int, **options: object) -> Runner:
    return Runner(
        model=Slope(),
        work_dir=str(work_dir),
        train_dataloader=DataLoader(
            [{'inputs': torch.tensor([1.0])}, {'inputs': torch.tensor([2.0])}]
        ),
        train_cfg={'by_epoch': False, 'max_iters': max_iters},
        optim_wrapper=options.pop('optim_wrapper', {'optimizer': {'type': 'Adam', 'lr': 0.1}}),
        param_scheduler={'type': 'LinearLR', 'by_epoch': False, 'end': 4},
        default_hooks={
            'checkpoint': CheckpointHook(interval=2, by_epoch=False),
            'logger': {'type': 'LoggerHook', 'interval': 1},
        },
        default_scope='mmengine',
        experiment_name=f'{work_dir.name}-{max_iters}-{len(options)}',
        log_level='ERROR',
        randomness={'seed': 0},
        env_cfg={'mp_cfg': {'mp_start_method': None, 'opencv_num_threads': 0}},
        **options,
    )


@pytest.fixture(autouse=True)
def _leave_no_runner_behind() -> object:
    # The runner of a test sets scope and message hub for the whole process.
    instances = {kind: kind._instance_dict.copy() for kind in (DefaultScope, MessageHub)}
    yield
    for kind, before in instances.items():
        kind._instance_dict.clear()
        kind._instance_dict.update(before)


@pytest.mark.parametrize(
    'extras',
    [
        'plain',
        'ema',
        pytest.param(
            'amp',
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device'),
            ],
        ),
    ],
)
def test_runner_resumes_from_its_own_checkpoint(tmp_path: Path, extras: str) -> None:
    def options() -> dict[str, object]:
        if extras == 'ema':
            return {'custom_hooks': [EMAHook()]}
        if extras == 'amp':
            optimizer = {'type': 'Adam', 'lr': 0.1}
            wrapper = {'type': AmpOptimWrapper, 'optimizer': optimizer, 'dtype': 'bfloat16'}
            return {'optim_wrapper': wrapper}
        return {}

    straight = make_runner(tmp_path / 'straight', 4, **options())
    straight.train()

    make_runner(tmp_path / 'broken', 2, **options()).train()
    resumed = make_runner(tmp_path / 'broken', 4, resume=True, **options())
    resumed.train()

    assert resumed.iter == 4
    assert torch.equal(resumed.model.weight, straight.model.weight)
    log = resumed.message_hub.get_scalar('train/loss')
    assert isinstance(log, HistoryBuffer)
    assert len(log.data[0]) == 4  # two before the break, two after


def test_checkpoint_contains_the_log_history(tmp_path: Path) -> None:
    make_runner(tmp_path, 2).train()
    loaded = torch.load(tmp_path / 'iter_2.pth', weights_only=True)
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert history.mean() > 0
    assert loaded['meta']['iter'] == 2


class Malice:
    """Unpickling this would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable, tuple]:
        return os.mkdir, (str(self.path),)


def test_checkpoint_with_code_is_rejected(tmp_path: Path) -> None:
    harmless, proof = tmp_path / 'harmless.pth', tmp_path / 'proof'
    torch.save({'state_dict': Slope().state_dict(), 'meta': Malice(proof)}, harmless)
    model = Slope()
    for load in (
        lambda: load_checkpoint(model, str(harmless)),
        lambda: make_runner(tmp_path / 'run', 2, load_from=str(harmless)).train(),
    ):
        with pytest.raises(pickle.UnpicklingError, match='mkdir'):
            load()
    assert not proof.exists()


def test_downloaded_checkpoint_with_code_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / 'proof'
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    downloaded = tmp_path / 'hub' / 'checkpoints' / 'model.pth'
    downloaded.parent.mkdir(parents=True)
    torch.save({'meta': Malice(proof)}, downloaded)  # as if downloaded before
    with pytest.raises(pickle.UnpicklingError, match='mkdir'):
        checkpoint.load_from_http('https://example.invalid/model.pth', map_location='cpu')
    assert not proof.exists()


@pytest.mark.parametrize('module', [b'numpy.core.multiarray', b'numpy._core.multiarray'])
def test_checkpoint_loads_numbers_of_any_numpy(tmp_path: Path, module: bytes) -> None:
    numbers = {'score': np.float64(0.5), 'counts': np.arange(3), 'flags': np.array([True])}
    torch.save(numbers, tmp_path / 'numbers.pth')
    # numpy 1 and 2 have different modules for the functions that rebuild values.
    with (
        zipfile.ZipFile(tmp_path / 'numbers.pth') as written,
        zipfile.ZipFile(tmp_path / 'renamed.pth', 'w') as renamed,
    ):
        for name in written.namelist():
            content = written.read(name)
            if name.endswith('data.pkl'):
                content, count = re.subn(rb'numpy\._?core\.multiarray', module, content)
                assert count == 2  # one for arrays, one for single numbers
            renamed.writestr(name, content)

    loaded = torch.load(tmp_path / 'renamed.pth', weights_only=True)
    assert loaded['score'] == 0.5
    assert loaded['counts'].tolist() == [0, 1, 2]
    assert loaded['flags'].tolist() == [True]
