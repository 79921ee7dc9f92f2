"""Training with two CPU processes on images and word crops."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope
from toy_scenes import BOXES, write_clipter_config, write_set
from toy_spotter import draw_photo

from pipeline.cli import train

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
HELPERS = REPOSITORY / 'tests' / 'helpers'
MIXED = """
crops = dict(scenes, data_root={crops!r})
train_dataloader['dataset'] = dict(
    type='ConcatDataset', verify_meta=False, datasets=[scenes, crops],
)
train_dataloader['batch_sampler'] = dict(type='WordBatchSampler', max_words=3)
train_cfg['max_iters'] = 6
default_hooks['checkpoint'] = dict(interval=6)
val_dataloader = dict(
    batch_size=2, num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='WordBatchSampler', max_words=3),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(scenes, test_mode=True),
)
val_evaluator = dict(type='WordEvaluator', metrics=[dict(type='WordsMetric')])
val_cfg = dict(type='ValLoop')
train_cfg['val_interval'] = 6
custom_hooks = [dict(type='KeepHook', folder={folder!r})]
"""


def draw_crops(folder: Path, count: int) -> Path:
    """Word crops: whole pictures without a polygon."""
    photo, (x1, y1, x2, y2) = draw_photo(*BOXES.items()), BOXES['b']
    samples = [{'img_path': f'crop{i}.png', 'instances': [{'text': 'b'}]} for i in range(count)]
    return write_set(folder, samples, {s['img_path']: photo[y1:y2, x1:x2] for s in samples})


@pytest.fixture(scope='module')
def ranks(tmp_path_factory) -> list[dict]:
    """What each of two processes kept of one run."""
    folder = tmp_path_factory.mktemp('two')
    crops = draw_crops(folder / 'crops', 12)
    config = write_clipter_config(folder, MIXED.format(crops=str(crops), folder=str(folder)))
    environment = {
        **os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': '-1',
        'PYTHONPATH': os.pathsep.join([str(REPOSITORY), str(HELPERS)]),
    }  # fmt: skip
    run = subprocess.run(
        [
            sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2',
            str(HELPERS / 'two_processes.py'), str(config), '--launcher', 'pytorch',
            '--work-dir', str(folder / 'run'),
        ],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert (folder / 'run' / 'iter_6.pth').is_file()
    return [torch.load(folder / f'rank{rank}.pth', weights_only=False) for rank in range(2)]


def test_weights_are_equal_on_both_processes(ranks):
    first, second = (rank['weights'] for rank in ranks)
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name
    assert first['fusion.gate.alpha'] != 0


def test_training_includes_batches_of_crops_only(ranks):
    photos = [[batch['photos'] for batch in rank['batches']] for rank in ranks]
    assert any(0 in rank for rank in photos)
    # In some step one process uses the fusion and the other does not.
    assert any((a == 0) != (b == 0) for a, b in zip(*photos))


def test_processes_divide_an_epoch(ranks):
    met = [[path for batch in rank['batches'][:2] for path in batch['paths']] for rank in ranks]
    assert met[0] and met[1]
    assert not set(met[0]) & set(met[1])


def test_evaluation_counts_each_word_once(ranks):
    # Four images with one, two, three and one word; their batches are 2 and 1 long.
    assert [rank['metrics'] for rank in ranks] == [{'met/words': 'aaaabbc'}] * 2


def test_train_names_a_launcher_that_is_not_running(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv('RANK', raising=False)
    config = write_clipter_config(tmp_path)
    with DefaultScope.overwrite_default_scope(None):
        assert train.main([str(config), '--launcher', 'pytorch']) == 2
    assert 'torchrun' in capsys.readouterr().err
