"""MMOCR's own configs as wrapped recognizers, with their widths, sizes and gray crops.

Depth and maximum word length are reduced to save time.
"""

from __future__ import annotations

import copy
from pathlib import Path

import mmocr
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from toy_spotter import BlockDetector

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.recognition.crop_channels import crop_channels, to_gray
from pipeline.rectification import Rectifier
from pipeline.registry import MODELS
from pipeline.torch_spotter import TorchTextSpotter

pytestmark = pytest.mark.filterwarnings('ignore')
FOLDER = Path(mmocr.__file__).parent / '.mim' / 'configs' / 'textrecog'
LAYERS = {'encoder': {'n_layers': 1}, 'decoder': {'n_layers': 1, 'max_seq_len': 4}}
SHORT = {'decoder': {'max_seq_len': 4}}
# Name: config, changes, (height, width) of a crop, channels, D at the early and late place.
MMOCR = {
    'CRNN': ('crnn/_base_crnn_mini-vgg', {}, (32, 100), 1, 512, 512),
    'SATRN': ('satrn/_base_satrn_shallow', LAYERS, (32, 100), 3, 512, 512),
    'ABINet': ('abinet/_base_abinet', {'encoder': {'n_layers': 1}}, (32, 128), 3, 512, 512),
    'SAR': ('sar/_base_sar_resnet31_parallel-decoder', SHORT, (48, 160), 3, 512, 1536),
    'NRTR': ('nrtr/_base_nrtr_modality-transform', LAYERS, (32, 160), 3, 512, 512),
    'RobustScanner': (
        'robust_scanner/_base_robustscanner_resnet31',
        SHORT,
        (48, 160),
        3,
        512,
        512,
    ),
    'MASTER': ('master/_base_master_resnet31', SHORT, (48, 160), 3, 512, 512),
    'ASTER': ('aster/_base_aster', SHORT, (64, 256), 3, 512, 512),
    'SVTR': ('svtr/_base_svtr-tiny', {}, (64, 256), 3, 192, 192),
}
TINY_TOWER = {
    'embed_dim': 16,
    'vision_cfg': {'image_size': 16, 'layers': 1, 'width': 24, 'patch_size': 8, 'head_width': 12},
}


@pytest.fixture(params=MMOCR)
def name(request) -> str:
    return request.param


@pytest.fixture(params=['early', 'late'])
def model(request, name) -> ContextRecognizer:
    torch.manual_seed(0)
    path, changes, _, _, early_dim, late_dim = MMOCR[name]
    config = Config.fromfile(FOLDER / f'{path}.py').model
    for part, values in changes.items():
        config[part].update(values)
    encoder = ClipImageEncoder(TINY_TOWER, None, allow_random=True, pooling={'kernel': 1})
    fusion = {
        'type': 'GatedAttention',
        'embed_dim': early_dim if request.param == 'early' else late_dim,
    }
    with DefaultScope.overwrite_default_scope('mmocr'):
        built = MODELS.build(
            {
                'type': 'ContextRecognizer',
                'recognizer': config,
                'context_encoder': encoder,
                'fusion': fusion,
                'stage': request.param,
            }
        )
    torch.nn.init.constant_(built.fusion.gate.alpha, 0.5)
    return built.eval()


def test_mmocr_config_trains_with_images_and_runs_in_spotter(model, name):
    _, _, size, channels, _, _ = MMOCR[name]
    assert crop_channels(model) == crop_channels(model.recognizer) == channels
    image = np.full((80, 200, 3), 255, np.uint8)
    image[10:34, 10:90] = (40, 200, 90)
    image[40:64, 100:180] = (90, 100, 200)
    batch = {
        'inputs': torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8),
        'data_samples': [TextRecogDataSample(gt_text=LabelData(item=text)) for text in ('a', 'c')],
        'images': [image],
        'image_index': torch.tensor([0, -1]),
    }
    if model.stage == 'early':
        data = model.data_preprocessor(copy.deepcopy(batch), True)
        loss, _ = model.parse_losses(model.train()(**data, mode='loss'))
        loss.backward()
        assert torch.isfinite(loss)
        assert model.fusion.gate.alpha.grad.abs() > 0

    model.eval()
    data = model.data_preprocessor(batch, False)
    with torch.no_grad():
        words = {key: data[key] for key in ('inputs', 'data_samples')}
        in_scene, alone = model(**data), model(**words)
    assert not torch.allclose(in_scene[0], alone[0], atol=1e-6)
    assert torch.allclose(in_scene[1], alone[1], atol=1e-4)

    spotter = TorchTextSpotter(BlockDetector(), Rectifier(size=size), model)
    assert all(0 <= word.rec_score <= 1 for word in spotter.read(image))
    spotter.use_context(False)
    assert all(0 <= word.rec_score <= 1 for word in spotter.read(image[:36]))


def test_to_gray_matches_opencv():
    crop = torch.tensor([[[10]], [[200]], [[90]]], dtype=torch.uint8)  # B, G, R
    assert to_gray(crop).tolist() == [[[145]]]  # 1.14 + 117.4 + 26.91
    assert to_gray(crop.float()).item() == pytest.approx(145.45)
