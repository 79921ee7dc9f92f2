"""``clipter train`` on a few drawn photos: from scratch, and from a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import torch
from mmengine.registry import DefaultScope
from toy_spotter import draw_photo

from pipeline.cli import train

pytestmark = pytest.mark.filterwarnings('ignore')
DETECTOR = """
_base_ = [{runtime!r}]
model = dict(
    type='DBNet',
    data_preprocessor=dict(type='TextDetDataPreprocessor', pad_size_divisor=32),
    backbone=dict(
        type='mmdet.ResNet', depth=18, base_channels=16, stem_channels=16, num_stages=4,
        out_indices=(0, 1, 2, 3), norm_cfg=dict(type='BN', requires_grad=True), style='caffe',
    ),
    neck=dict(type='FPNC', in_channels=[16, 32, 64, 128], lateral_channels=32, out_channels=8),
    det_head=dict(
        type='DBHead', in_channels=32, module_loss=dict(type='DBModuleLoss'),
        postprocessor=dict(type='DBWordPostprocessor'),
    ),
)
train_dataloader = dict(
    batch_size=2, num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='OCRDataset', data_root={root!r}, ann_file='annotation.json', serialize_data=False,
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='LoadOCRAnnotations', with_polygon=True, with_bbox=True, with_label=True),
            dict(type='RandomAffineCrop', size=(64, 64)),
            dict(type='RandomPhotometric'),
            dict(type='PackTextDetInputs', meta_keys=('img_path', 'ori_shape', 'img_shape')),
        ],
    ),
)
optim_wrapper = dict(type='BFloat16OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3))
param_scheduler = []
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=2))
custom_hooks = [dict(type='ChannelsLastHook')]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    boxes = {'a': (10, 10, 90, 40), 'b': (100, 50, 190, 90)}
    words = [
        {
            'polygon': [x1, y1, x2, y1, x2, y2, x1, y2], 'bbox': [x1, y1, x2, y2],
            'bbox_label': 0, 'text': text, 'ignore': False,
        }
        for text, (x1, y1, x2, y2) in boxes.items()
    ]  # fmt: skip
    cv2.imwrite(str(tmp_path / 'photo.png'), draw_photo(*boxes.items()))
    photo = {'img_path': 'photo.png', 'height': 100, 'width': 200, 'instances': words}
    metainfo = {'dataset_type': 'TextSpottingDataset', 'task_name': 'textspotting', 'category': []}
    annotation = {'metainfo': metainfo, 'data_list': [photo, photo]}
    (tmp_path / 'annotation.json').write_text(json.dumps(annotation))
    runtime = Path(train.__file__).parents[2] / 'configs' / '_base_' / 'default_runtime.py'
    path = tmp_path / 'toy_detector.py'
    path.write_text(DETECTOR.format(runtime=str(runtime), root=str(tmp_path)))
    return path


@pytest.fixture(autouse=True)
def _scope_of_before():
    with DefaultScope.overwrite_default_scope(None):
        yield


def read(path: Path) -> dict:
    return torch.load(path, weights_only=True, map_location='cpu')


def test_train_resumes_a_stopped_run(config, tmp_path):
    work_dir = tmp_path / 'run'
    train.main([str(config), '--work-dir', str(work_dir)])
    first = read(work_dir / 'iter_2.pth')
    assert first['meta']['iter'] == 2
    assert (work_dir / 'toy_detector.py').is_file()

    more = ['--cfg-options', 'train_cfg.max_iters=3', 'default_hooks.checkpoint.interval=3']
    train.main([str(config), '--work-dir', str(work_dir), '--resume', *more])
    second = read(work_dir / 'iter_3.pth')
    assert second['meta']['iter'] == 3
    (step,) = {state['step'].item() for state in second['optimizer']['state'].values()}
    assert step == 3  # the optimizer went on too: two steps and one more
    name = 'det_head.binarize.0.weight'
    assert not torch.equal(first['state_dict'][name], second['state_dict'][name])


def test_train_names_a_missing_config(tmp_path, capsys):
    assert train.main([str(tmp_path / 'none.py')]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'none.py' in line
