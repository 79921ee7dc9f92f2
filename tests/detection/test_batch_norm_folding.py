from __future__ import annotations

from pathlib import Path

import mmocr
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

from pipeline.detection.batch_norm_folding import fold_batch_norm
from pipeline.detection.text_detector import TextDetector
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

MMOCR_CONFIGS = Path(mmocr.__file__).parent / '.mim' / 'configs' / 'textdet'
DEMO_PHOTO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'


def norms(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


def mmocr_detector(name: str) -> nn.Module:
    """A detector with random weights and random batch norm statistics."""
    torch.manual_seed(0)
    model = Config.fromfile(MMOCR_CONFIGS / f'{name}.py').model
    model.backbone.init_cfg = None  # offline
    with DefaultScope.overwrite_default_scope('mmocr'):
        detector = TextDetector(model).detector.eval()
    for norm in norms(detector):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.uniform_(norm.bias, -0.3, 0.3)
        nn.init.uniform_(norm.running_mean, -0.3, 0.3)
        nn.init.uniform_(norm.running_var, 0.5, 1.5)
    return detector


def flat(outputs: object) -> list[torch.Tensor]:
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    return [tensor for part in parts for tensor in flat(part)]


@pytest.mark.parametrize(
    'name',
    [
        'dbnet/dbnet_resnet18_fpnc_1200e_icdar2015',
        'dbnetpp/dbnetpp_resnet50_fpnc_1200e_icdar2015',
        'panet/panet_resnet18_fpem-ffm_600e_icdar2015',
        'psenet/psenet_resnet50_fpnf_600e_icdar2015',
        'fcenet/fcenet_resnet50_fpn_1500e_icdar2015',
        'textsnake/textsnake_resnet50_fpn-unet_1200e_ctw1500',
    ],
)
@torch.inference_mode()
def test_fold_batch_norm_keeps_the_outputs_of_mmocr_detectors(name):
    detector = mmocr_detector(name)
    inputs = torch.randn(1, 3, 64, 96)
    before, number = flat(detector(inputs, [], mode='tensor')), len(norms(detector))
    fold_batch_norm(detector)
    after = flat(detector(inputs, [], mode='tensor'))
    assert before and len(before) == len(after)
    for old, new in zip(before, after):
        torch.testing.assert_close(new, old, atol=1e-4 * float(old.abs().max()), rtol=1e-3)
    assert len(norms(detector)) < number / 3


def test_fold_batch_norm_keeps_the_default_results(float_spotter, float_demo_words):
    kept = TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True)
    assert norms(kept.detector) and not norms(float_spotter.detector)
    before, after = kept.read(DEMO_PHOTO), float_demo_words
    assert [word.text for word in before] == [word.text for word in after] != []
    for old, new in zip(before, after):
        np.testing.assert_allclose(new.polygon, old.polygon, atol=0.5)


def test_fold_batch_norm_rejects_training_mode():
    with pytest.raises(ValueError, match=r'call eval\(\) first'):
        fold_batch_norm(nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)))
