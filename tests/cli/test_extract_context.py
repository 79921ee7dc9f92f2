"""``clipter extract-context``, and training on its output."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from fresh_runs import forget_runs
from mmengine.config import Config
from mmengine.registry import DefaultScope
from toy_scenes import write_clipter_config

from pipeline.cli import extract_context, train
from pipeline.clipter.cache.context_cache import ContextCache
from pipeline.clipter.cache.use_context_cache import use_context_cache
from pipeline.registry import DATASETS, MODELS

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(autouse=True)
def _scope_of_before():
    with DefaultScope.overwrite_default_scope(None):
        yield


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_clipter_config(tmp_path)


def extract(config: Path, *more: str) -> int:
    return extract_context.main([str(config), '--workers', '0', *more])


def losses(work_dir: Path) -> list[float]:
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line['loss'] for line in lines if 'loss' in line]


def test_extract_context_writes_each_photo_once(config, tmp_path, capsys):
    out = tmp_path / 'cache'
    assert extract(config, '--out', str(out)) == 0
    assert '4 images, 4 new' in capsys.readouterr().out
    assert len(ContextCache(out)) == 4
    assert extract(config, '--out', str(out), '--split', 'train', 'scenes') == 0
    assert '4 images, 0 new' in capsys.readouterr().out


def test_context_cache_equals_the_encoder(config, tmp_path):
    extract(config, '--out', str(tmp_path / 'cache'), '--batch-size', '3')
    node = Config.fromfile(config)
    with DefaultScope.overwrite_default_scope('mmocr'):
        dataset = DATASETS.build(node.train_dataloader.dataset)
        encoder = MODELS.build(node.model.context_encoder)
        use_context_cache(node, str(tmp_path / 'cache'))
        cached = DATASETS.build(node.train_dataloader.dataset)
    for i in range(len(dataset)):
        tokens = cached[i]['context_tokens']
        assert tokens.dtype == torch.float16 and cached[i]['image'] is None
        wanted = encoder([dataset[i]['image']])[0]
        torch.testing.assert_close(tokens.float(), wanted, rtol=2e-3, atol=2e-3)


@pytest.mark.slow
def test_train_losses_are_equal_with_cache_and_tower(tmp_path):
    # Adam's first step is as long as the learning rate: the gate is wide open after it.
    config = write_clipter_config(
        tmp_path,
        "optim_wrapper['paramwise_cfg'] = dict("
        "custom_keys={'fusion': dict(lr_mult=100.0)})\n"
        "train_cfg['max_iters'] = 5\n",
    )
    extract(config, '--out', str(tmp_path / 'cache'))
    runs = {
        'tower': [],
        'cache': ['--context-cache', str(tmp_path / 'cache')],
        'plain': ['--cfg-options', 'model.use_context=False'],
    }
    for name, more in runs.items():
        forget_runs()
        assert train.main([str(config), '--work-dir', str(tmp_path / name), *more]) == 0
    tower, cache, plain = (np.array(losses(tmp_path / name)) for name in runs)
    assert len(tower) == 5
    assert tower[0] == plain[0]  # the gate is closed
    assert np.abs(tower - plain)[1:].min() > 1e-4  # and now the tokens matter
    np.testing.assert_allclose(cache, tower, atol=1e-5)


@pytest.mark.slow
def test_checkpoint_of_cached_training_loads_with_the_tower(config, tmp_path):
    extract(config, '--out', str(tmp_path / 'cache'))
    cached = ['--context-cache', str(tmp_path / 'cache')]
    train.main([str(config), '--work-dir', str(tmp_path / 'run'), *cached])
    checkpoint = torch.load(tmp_path / 'run' / 'iter_3.pth', weights_only=True)
    node = Config.fromfile(config)
    with DefaultScope.overwrite_default_scope('mmocr'):
        assert MODELS.build(node.model).load_state_dict(checkpoint['state_dict'])
        node.model.context_encoder.seed = 1
        with pytest.raises(ValueError, match='random, seed 0'):
            MODELS.build(node.model).load_state_dict(checkpoint['state_dict'])


def test_cache_of_another_encoder_is_rejected(config, tmp_path, capsys):
    out = str(tmp_path / 'cache')
    extract(config, '--out', out)
    kernel = ['--cfg-options', 'model.context_encoder.pooling.kernel=1']
    capsys.readouterr()
    assert extract(config, '--out', out, *kernel) == 2
    assert 'pooling is 2 in the cache, 1 in the model' in capsys.readouterr().err
    assert train.main([str(config), '--context-cache', out, *kernel]) == 2
    assert 'pooling is 2 in the cache, 1 in the model' in capsys.readouterr().err


def test_cache_of_another_tower_is_rejected(config, tmp_path, capsys):
    extract(config, '--out', str(tmp_path / 'cache'))
    options = [
        '--cfg-options', f'train_dataloader.dataset.pipeline.3.context_cache={tmp_path / "cache"}',
        'model.context_encoder.seed=1',
    ]  # fmt: skip
    capsys.readouterr()
    assert train.main([str(config), '--work-dir', str(tmp_path / 'run'), *options]) == 2
    assert 'checksum is' in capsys.readouterr().err


def test_train_names_a_photo_changed_after_extraction(config, tmp_path, capsys):
    extract(config, '--out', str(tmp_path / 'cache'))
    for photo in (tmp_path / 'scenes').glob('*.png'):
        photo.write_bytes(photo.read_bytes() + b'saved anew')
    capsys.readouterr()
    cached = ['--context-cache', str(tmp_path / 'cache'), '--cfg-options']
    workers = 'train_dataloader.num_workers=1'  # whose errors come wrapped in a traceback
    assert train.main([str(config), '--work-dir', str(tmp_path / 'run'), *cached, workers]) == 2
    said = capsys.readouterr().err
    assert 'scene' in said and 'is not in the context cache' in said
    assert 'Traceback (most' not in said


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        (['--split', 'val'], "no data set 'val'"),
        (['--cfg-options', 'model.context_encoder=None'], 'no model.context_encoder'),
    ],
)
def test_extract_context_reports_errors_in_one_line(config, tmp_path, capsys, more, said):
    assert extract(config, '--out', str(tmp_path / 'cache'), *more) == 2
    assert said in capsys.readouterr().err
