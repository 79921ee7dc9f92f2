"""Every config of ``configs/``: its own data goes through its own model, there and back.

The data sets are drawn in a temporary folder laid out as the configs expect it, and CLIP's tower
is a tiny random one, since tests run offline; everything else is as configured.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.dataset import pseudo_collate
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import FUNCTIONS, DefaultScope
from mmengine.structures import BaseDataElement
from toy_sets import draw_set, draw_words

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.registry import DATASETS, HOOKS, METRICS, MODELS

FOLDER = Path(__file__).parents[2] / 'configs'
TRAINED = sorted([*FOLDER.glob('detection/*.py'), *FOLDER.glob('recognition/*.py')])
TEST_SETS = [
    path
    for path in sorted(FOLDER.glob('spotting/default_*.py'))
    if path.stem.split('_')[1].startswith(('icdar', 'svt', 'totaltext'))
]
MODELS_OF_SPOTTERS = sorted({*FOLDER.glob('spotting/*.py')} - {*TEST_SETS})
TINY_TOWER = {
    'embed_dim': 16,
    'vision_cfg': {'image_size': 16, 'layers': 1, 'width': 24, 'patch_size': 8, 'head_width': 12},
}

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(autouse=True)
def _mmocr_scope() -> Iterator[None]:
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


@pytest.mark.parametrize('folder', ['detection', 'recognition', 'spotting'])
def test_there_are_configs(folder: str) -> None:
    assert list((FOLDER / folder).glob('*.py'))


@pytest.mark.parametrize('path', TRAINED, ids=lambda path: path.stem)
def test_a_config_trains_on_its_own_data_and_predicts(path: Path, tmp_path: Path) -> None:
    config = load(path, tmp_path)
    model = MODELS.build(config.model)
    wrapper = build_optim_wrapper(model, config.optim_wrapper)
    if isinstance(model, ContextRecognizer):
        assert_gate_settings(model, wrapper, config.optim_wrapper.optimizer.lr)
    for hook in config.get('custom_hooks', []):
        HOOKS.build(hook)
    loader = config.train_dataloader
    dataset = DATASETS.build(loader.dataset)
    collate = FUNCTIONS.get(loader.collate_fn.type) if 'collate_fn' in loader else pseudo_collate
    batch = [dataset[i] for i in range(2)]

    model.train()
    with wrapper.optim_context(model):
        losses = model(**model.data_preprocessor(collate(batch), True), mode='loss')
    total, _ = model.parse_losses(losses)
    assert torch.isfinite(total)
    total.backward()
    assert_gradients(model)

    fresh = collate(batch)
    for sample in fresh['data_samples']:
        sample.set_metainfo({'scale_factor': (1.0, 1.0)})  # training samples need none
    samples = model.eval().val_step(fresh)
    assert len(samples) == len(fresh['data_samples'])
    assert all(has_prediction(sample) for sample in samples)
    evaluator = config.get('val_evaluator') or []
    for metric in evaluator['metrics'] if isinstance(evaluator, dict) else evaluator:
        METRICS.build(metric)


@pytest.mark.parametrize('path', MODELS_OF_SPOTTERS, ids=lambda path: path.stem)
def test_a_spotting_config_reads_a_photo(path: Path, tmp_path: Path) -> None:
    spotter = MODELS.build(load(path, tmp_path).model).eval()
    (sample,) = spotter([draw_words()], mode='predict')
    found = sample.pred_instances
    assert len(found.polygons) == len(found.texts) == len(found.scores) == len(found.text_scores)
    assert spotter.has_context == ('clip' in path.stem)


@pytest.mark.parametrize('path', TEST_SETS, ids=lambda path: path.stem)
def test_a_test_set_config_has_the_default_model_and_its_metric(path: Path) -> None:
    config = Config.fromfile(path)
    assert config.model == Config.fromfile(FOLDER / 'spotting' / 'default.py').model
    METRICS.build(dict(config.test_evaluator, lexicons=None))  # whose files are not available


def load(path: Path, folder: Path) -> Config:
    """A config whose data lie in ``folder`` and whose CLIP is at hand."""
    config = Config.fromfile(path)
    put_at_hand(config._cfg_dict, folder)
    return config


def put_at_hand(node: Any, folder: Path) -> None:
    """Replace, in place, what a test cannot have: data sets and CLIP's weights."""
    if isinstance(node, (dict, ConfigDict)):
        if 'ann_file' in node and 'data_root' in node:
            node['data_root'] = str(draw_set(folder / node['data_root'], node['ann_file']))
            node['serialize_data'] = False
        if node.get('type') == 'ClipImageEncoder':
            node.update(arch=TINY_TOWER, pretrained=None, allow_random=True)
            node.pop('quick_gelu', None)
        if 'long_side_px' in node:
            node.update(long_side_px=320, coarse_long_sides_px=())
        if node.get('type') == 'ViTEncoder' and node['embed_dim'] > 192:
            node['depth'] = 2  # the others are the same, and take a minute
        if node.get('type') == 'ContextRecognizer' and 'context_dim' in node['fusion']:
            node['fusion']['context_dim'] = TINY_TOWER['vision_cfg']['width']
    children = node.values() if isinstance(node, dict) else node
    if isinstance(node, (dict, list, tuple)):
        for child in children:
            put_at_hand(child, folder)


def assert_gradients(model: torch.nn.Module) -> None:
    """Every trainable parameter has a finite gradient, and a frozen encoder none."""
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
    for module in model.modules():
        if isinstance(module, ClipImageEncoder):
            assert not any(p.requires_grad or p.grad is not None for p in module.tower.parameters())
            assert list(module.parameters()) == []


def assert_gate_settings(model: ContextRecognizer, wrapper: OptimWrapper, lr: float) -> None:
    """The gate has ten times the learning rate of the rest, and no weight decay."""
    alpha = model.fusion.gate.alpha
    (group,) = [g for g in wrapper.param_groups if any(p is alpha for p in g['params'])]
    assert group['lr'] == pytest.approx(10 * lr)
    assert group['weight_decay'] == 0


def has_prediction(sample: BaseDataElement) -> bool:
    if 'pred_text' in sample:
        return isinstance(sample.pred_text.item, str)
    polygons = sample.pred_instances.polygons
    return all(np.isfinite(np.asarray(polygon)).all() for polygon in polygons)
