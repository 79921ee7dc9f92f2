from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.registry import MODELS

FOLDER = Path(__file__).parents[2] / 'configs' / 'recognition'
CONFIGS = sorted(FOLDER.glob('*_clip-*.py'))
# The width of ViT-B with fewer layers.
SHALLOW_VIT_B = {
    'embed_dim': 16,
    'vision_cfg': {'image_size': 32, 'layers': 1, 'width': 768, 'patch_size': 16},
}


def make_batch() -> dict:
    texts = ('Hello', 'world', '42')
    return {
        'inputs': torch.zeros(3, 3, 32, 128, dtype=torch.uint8),
        'data_samples': [TextRecogDataSample(gt_text=LabelData(item=text)) for text in texts],
        'images': [np.zeros((90, 160, 3), dtype=np.uint8)],
        'image_index': torch.tensor([0, 0, -1]),
    }


def build(path: Path):
    config = Config.fromfile(path)
    config.model.context_encoder.update(arch=SHALLOW_VIT_B, pretrained=None, allow_random=True)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(config.model)
        return model, build_optim_wrapper(model, config.optim_wrapper), config


def test_context_configs_exist():
    assert CONFIGS


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_context_config_trains_all_parameters_and_predicts(path):
    model, _, _ = build(path)
    model.train()
    data = model.data_preprocessor(make_batch(), True)
    loss, _ = model.parse_losses(model(**data, mode='loss'))
    loss.backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []
    assert all(p.grad is None for p in model.context_encoder.tower.parameters())
    read = model.eval().val_step(make_batch())
    assert all(isinstance(sample.pred_text.item, str) for sample in read)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_context_config_sets_lr_and_decay_of_alpha(path):
    model, optim, config = build(path)
    (group,) = [
        group
        for group in optim.optimizer.param_groups
        if any(p is model.fusion.gate.alpha for p in group['params'])
    ]
    assert group['lr'] == pytest.approx(10 * config.optim_wrapper.optimizer.lr)
    assert group['weight_decay'] == 0
