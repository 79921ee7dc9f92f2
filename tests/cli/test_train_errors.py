"""Errors before a run starts, and their messages."""

from __future__ import annotations

import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from pipeline.cli.error_lines import say_error
from pipeline.cli.mixed_precision import enable_amp
from pipeline.cli.preflight import find_missing_files


class Broken(Dataset):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        raise ValueError('street/b.jpg is not in the cache\nAdd it: extract')


def test_say_error_extracts_the_error_of_a_loader_process():
    with pytest.raises(ValueError) as caught:
        next(iter(DataLoader(Broken(), num_workers=1)))
    assert 'Traceback' in str(caught.value)
    assert say_error(caught.value) == 'street/b.jpg is not in the cache\nAdd it: extract'


@pytest.mark.parametrize(
    ('error', 'said'),
    [
        (ValueError('wanted a, got b'), 'wanted a, got b'),
        (KeyError('Foo is not in the registry'), 'Foo is not in the registry'),
        (KeyError('optim_wrapper'), "KeyError: there is no 'optim_wrapper'"),
        (TypeError('unexpected x'), 'TypeError: unexpected x'),
        (FileNotFoundError(2, 'No such file', 'a.json'), "[Errno 2] No such file: 'a.json'"),
        (ValueError(), 'ValueError: '),
    ],
)
def test_say_error_returns_the_message(error, said):
    assert say_error(error) == said


def amp(kind: str | None) -> str:
    wrapper = {} if kind is None else {'type': kind}
    config = Config({'optim_wrapper': wrapper})
    enable_amp(config)
    return config.optim_wrapper.type


@pytest.mark.parametrize('kind', ['OptimWrapper', None])
def test_enable_amp_uses_bfloat16_on_cpu_and_float16_on_gpu(kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert amp(kind) == 'BFloat16OptimWrapper'
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert amp(kind) == 'AmpOptimWrapper'


@pytest.mark.parametrize('kind', ['AmpOptimWrapper', 'BFloat16OptimWrapper'])
def test_enable_amp_keeps_mixed_precision_configs(kind):
    config = Config(dict(optim_wrapper=dict(type=kind)))
    enable_amp(config)
    assert config.optim_wrapper == dict(type=kind)


def test_enable_amp_rejects_unknown_wrappers():
    with pytest.raises(ValueError, match='ApexOptimWrapper'):
        amp('ApexOptimWrapper')


def test_find_missing_files_lists_files_and_config_entries(tmp_path):
    (tmp_path / 'there.json').write_text('{}')
    here = {'ann_file': 'there.json', 'data_root': str(tmp_path)}
    gone = {'ann_file': 'gone.json', 'data_root': str(tmp_path)}
    checkpoint = 'work_dirs/none/iter_1.pth'
    config = Config(
        {
            'model': {'recognizer': {'init_cfg': {'type': 'Pretrained', 'checkpoint': checkpoint}}},
            'load_from': 'https://example.org/model.pth',
            'train_dataloader': {'dataset': {'datasets': [here, gone, gone]}},
            'val_dataloader': {'dataset': {**gone, 'ann_file': 'val.json'}},
        }
    )
    lines = find_missing_files(config)
    assert len(lines) == 2
    assert 'model.recognizer.init_cfg.checkpoint' in lines[0] and checkpoint in lines[0]
    assert 'gone.json' in lines[1] and 'train_dataloader.dataset.datasets.1' in lines[1]
    config.val_cfg = {'type': 'ValLoop'}
    assert any('val.json' in line for line in find_missing_files(config))


def test_find_missing_files_names_the_config_of_a_checkpoint():
    config = Config({'model': {}, 'load_from': 'work_dirs/parseq-tiny_words/iter_20000.pth'})
    (line,) = find_missing_files(config)
    assert 'clipter train recognition/parseq-tiny_words' in line


def test_find_missing_files_advises_unpack_spotter():
    config = Config({'model': {}, 'load_from': 'work_dirs/default/not_there.pth'})
    (line,) = find_missing_files(config)
    assert 'clipter unpack-spotter --out work_dirs/default' in line
