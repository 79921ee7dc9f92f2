"""``clipter train`` on scenes: logs, checkpoints and errors of users."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import pytest
import torch
from mmengine.registry import DefaultScope
from toy_scenes import write_clipter_config

from pipeline.cli import train

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('ignore')]
VALIDATION = """
val_dataloader = dict(
    batch_size=2, num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='WordBatchSampler', max_words=4),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(scenes, test_mode=True),
)
val_evaluator = dict(
    type='WordEvaluator', metrics=[dict(type='WordMetric', mode='exact'), dict(type='CharMetric')],
)
val_cfg = dict(type='ValLoop')
train_cfg['val_interval'] = 3
"""


@pytest.fixture(autouse=True)
def _scope_of_before():
    with DefaultScope.overwrite_default_scope(None):
        yield


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_clipter_config(tmp_path)


def run(config: Path, *more: str) -> int:
    return train.main([str(config), '--work-dir', str(config.parent / 'run'), *more])


def scalars(config: Path) -> list[dict]:
    (log,) = (config.parent / 'run').glob('*/vis_data/scalars.json')
    return [json.loads(line) for line in log.read_text().splitlines()]


def checkpoint(path: Path) -> dict:
    return torch.load(path, weights_only=True, map_location='cpu')


def test_train_logs_losses_gate_and_pictures(tmp_path):
    config = write_clipter_config(tmp_path, VALIDATION)
    assert run(config) == 0
    lines = scalars(config)
    steps = [line for line in lines if 'loss' in line]
    assert [line['step'] for line in steps] == [1, 2, 3]
    assert steps[0]['gate'] != 0  # alpha has made its first step
    assert abs(steps[2]['gate']) > abs(steps[0]['gate'])
    (scored,) = [line for line in lines if 'recog/word_acc' in line]
    assert scored['step'] == 3
    (vis_data,) = (tmp_path / 'run').glob('*/vis_data')
    names = {path.name for path in (vis_data / 'vis_image').glob('*.png')}
    assert names == {'train_readings_2.png', 'val_readings_3.png'}
    sheet = cv2.imread(str(vis_data / 'vis_image' / 'train_readings_2.png'))
    assert sheet.shape[0] > 300  # the image stands above the crops


def test_checkpoint_has_the_tower_name_without_weights(config):
    run(config)
    names = set(checkpoint(config.parent / 'run' / 'iter_3.pth')['state_dict'])
    assert {name for name in names if name.startswith('context_encoder')} == {
        'context_encoder.identity'
    }
    assert 'fusion.gate.alpha' in names


@pytest.mark.parametrize('given', [False, True])
def test_train_resumes_from_last_or_given_checkpoint(config, given):
    run(config)
    file = [str(config.parent / 'run' / 'iter_3.pth')] if given else []
    more = ['--cfg-options', 'train_cfg.max_iters=4', 'default_hooks.checkpoint.interval=4']
    assert run(config, '--resume', *file, *more) == 0
    state = checkpoint(config.parent / 'run' / 'iter_4.pth')
    assert state['meta']['iter'] == 4
    assert {s['step'].item() for s in state['optimizer']['state'].values()} == {4}


def test_train_starts_from_the_plain_recognizer(tmp_path):
    plain = write_clipter_config(
        tmp_path,
        "model = dict(recognizer, init_cfg=None)\nscenes['pipeline'][-1]['with_image'] = False\n",
    )
    assert run(plain) == 0
    start = tmp_path / 'plain.pth'
    (tmp_path / 'run' / 'iter_3.pth').rename(start)
    more = (
        f"model['recognizer'] = dict(recognizer, init_cfg=dict(type='Pretrained', "
        f"checkpoint={str(start)!r}))\noptim_wrapper['optimizer']['lr'] = 0.0\n"
        "optim_wrapper['paramwise_cfg'] = None\n"
    )
    config = write_clipter_config(tmp_path, more)
    assert run(config) == 0
    wanted = checkpoint(start)['state_dict']
    got = checkpoint(tmp_path / 'run' / 'iter_3.pth')['state_dict']
    for name, value in wanted.items():
        assert torch.equal(got[f'recognizer.{name}'], value), name


def test_train_amp_is_bfloat16_on_a_cpu(config, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert run(config, '--amp') == 0
    assert "type='BFloat16OptimWrapper'" in (config.parent / 'run' / config.name).read_text()
    assert all(line['loss'] > 0 for line in scalars(config) if 'loss' in line)


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        (['--resume', 'gone.pth'], 'no checkpoint at gone.pth (load_from)'),
        (['--context-cache', 'gone'], 'no context cache at gone'),
        (['--cfg-options', 'load_from=gone.pth'], 'no checkpoint at gone.pth'),
        (['--cfg-options', 'train_dataloader.dataset.data_root=/gone'], 'no annotation at /gone'),
        (['--cfg-options', 'model.type=NoSuchModel'], 'NoSuchModel is not in'),
        (['--cfg-options', 'model.fusion.embd_dim=3'], 'embd_dim'),
        (['--cfg-options', 'model.stage=middle'], "stage must be 'early' or 'late'"),
        (['--cfg-options', 'train_dataloader.batch_sampler.max_words=2'], 'split_words=2'),
        (['--cfg-options', 'train_cfg=None'], 'no train_cfg'),
    ],
)
def test_train_reports_user_errors_without_traceback(config, capsys, more, said):
    assert run(config, *more) == 2
    error = capsys.readouterr().err
    assert said in error
    assert 'Traceback' not in error


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('model = dict(', 'SyntaxError'),
        ("_base_ = ['gone.py']", 'gone.py'),
        ('model = dict(type=PARSeq)', 'PARSeq'),
    ],
)
def test_train_reports_an_invalid_config_without_traceback(tmp_path, capsys, text, said):
    path = tmp_path / 'broken.py'
    path.write_text(text)
    assert train.main([str(path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert 'Traceback' not in error


def test_train_keeps_the_traceback_in_a_file(config, capsys):
    run(config, '--cfg-options', 'model.stage=middle')
    assert 'error.txt' in capsys.readouterr().err
    assert 'Traceback' in (config.parent / 'run' / 'error.txt').read_text()


def test_train_names_a_missing_photo(config, capsys):
    for photo in (config.parent / 'scenes').glob('*.png'):
        os.remove(photo)
    assert run(config) == 2
    assert 'scene' in capsys.readouterr().err


def test_train_work_dir_has_the_name_of_the_config(config, monkeypatch):
    monkeypatch.chdir(config.parent)
    assert train.main([str(config)]) == 0
    assert (config.parent / 'work_dirs' / 'toy_clipter' / 'iter_3.pth').is_file()
