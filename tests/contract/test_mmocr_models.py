"""Every model family of MMOCR, built from MMOCR's own config, trains a step and predicts.

The configs come with the installed package. Only their pretrained weights are dropped, since
tests run offline, and inputs are small, since they run on the CPU.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import mmocr
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope

import pipeline.registration  # noqa: F401
from pipeline.registry import MODELS

CONFIGS = Path(mmocr.__file__).parent / '.mim' / 'configs'
DETECTORS = {
    'DBNet': 'dbnet/dbnet_resnet18_fpnc_1200e_icdar2015',
    'DBNet++': 'dbnetpp/dbnetpp_resnet50-dcnv2_fpnc_1200e_icdar2015',
    'PANet': 'panet/panet_resnet18_fpem-ffm_600e_ctw1500',
    'PSENet': 'psenet/psenet_resnet50_fpnf_600e_ctw1500',
    'FCENet': 'fcenet/fcenet_resnet50-dcnv2_fpn_1500e_ctw1500',
    'TextSnake': 'textsnake/textsnake_resnet50_fpn-unet_1200e_ctw1500',
    'DRRG': 'drrg/drrg_resnet50_fpn-unet_1200e_ctw1500',
    'Mask R-CNN': 'maskrcnn/mask-rcnn_resnet50_fpn_160e_ctw1500',
}
RECOGNIZERS = {
    'CRNN': 'crnn/crnn_mini-vgg_5e_mj',
    'SATRN': 'satrn/satrn_shallow-small_5e_st_mj',
    'ABINet': 'abinet/abinet_20e_st-an_mj',
    'SAR': 'sar/sar_resnet31_parallel-decoder_5e_st-sub_mj-sub_sa_real',
    'NRTR': 'nrtr/nrtr_modality-transform_6e_st_mj',
    'RobustScanner': 'robust_scanner/robustscanner_resnet31_5e_st-sub_mj-sub_sa_real',
    'MASTER': 'master/master_resnet31_12e_st_mj_sa',
    'ASTER': 'aster/aster_resnet45_6e_st_mj',
    'SVTR': 'svtr/svtr-tiny_20e_st_mj',
}
IMAGE_SIZE = 96
# What an untrained head says is text at every other pixel, and chasing it through TextSnake's and
# DRRG's postprocessing takes minutes. These heads say instead: one text fills the image. The
# channels are text, center, sine, cosine and the radius, or the heights above and below.
HEADS = {'TextSnake': [3.0, 3.0, 0.0, 1.0, 8.0], 'DRRG': [3.0, 3.0, 0.0, 1.0, 6.0, 6.0]}

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('ignore')]


@pytest.fixture(
    params=[
        'cpu',
        pytest.param(
            'cuda',
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device'),
            ],
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)
    np.random.seed(0)


@pytest.mark.parametrize('name', DETECTORS)
def test_mmocr_detector_trains_a_step_and_predicts(name: str, device: str) -> None:
    config = Config.fromfile(CONFIGS / 'textdet' / f'{DETECTORS[name]}.py')
    model = build_model(config, device)
    transforms = [step for step in config.train_pipeline if step['type'].startswith('MMOCR2MMDet')]
    transforms.append(config.train_pipeline[-1])  # the packing

    train_batch = pack([draw_signs(number) for number in range(2)], transforms)
    take_training_step(model, train_batch)

    if name in HEADS:
        fill_photo_with_one_text(model.det_head, HEADS[name])
    test_batch = pack([draw_signs(2)], [config.test_pipeline[-1]])
    (sample,) = predict(model, test_batch)
    found = sample.pred_instances
    assert len(found.polygons) == len(found.scores)
    for polygon in found.polygons:
        assert len(polygon) >= 8 and len(polygon) % 2 == 0
        assert np.isfinite(np.asarray(polygon, dtype=np.float64)).all()
    if name in HEADS:
        assert len(found.polygons) >= 1


@pytest.mark.parametrize('name', RECOGNIZERS)
def test_mmocr_recognizer_trains_a_step_and_predicts(name: str, device: str) -> None:
    config = Config.fromfile(CONFIGS / 'textrecog' / f'{RECOGNIZERS[name]}.py')
    model = build_model(config, device)
    load, *transforms = config.test_pipeline
    words = [draw_word(text, load.get('color_type', 'color')) for text in ('open', 'h0use')]

    take_training_step(model, pack(words, transforms))

    samples = predict(model, pack(words, transforms))
    assert len(samples) == len(words)
    characters = set(model.decoder.dictionary.dict)
    for sample in samples:
        assert isinstance(sample.pred_text.item, str)
        # Longer entries of a dictionary are names such as <UKN>.
        assert set(sample.pred_text.item) <= characters | set('<UKN>')


def build_model(config: Config, device: str) -> torch.nn.Module:
    drop_pretrained(config.model)
    with DefaultScope.overwrite_default_scope('mmocr'):
        return MODELS.build(config.model).to(device)


def drop_pretrained(node: Any) -> None:
    """Remove every ``init_cfg`` that would download weights, in place."""
    if isinstance(node, (dict, ConfigDict)):
        init_cfg = node.get('init_cfg')
        if isinstance(init_cfg, dict) and init_cfg.get('type') == 'Pretrained':
            node['init_cfg'] = None
        for child in node.values():
            drop_pretrained(child)
    elif isinstance(node, (list, tuple)):
        for child in node:
            drop_pretrained(child)


def take_training_step(model: torch.nn.Module, batch: dict[str, list]) -> None:
    """One loss and one backward pass; every trainable parameter gets a finite gradient."""
    model.train()
    losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
    total, _ = model.parse_losses(losses)
    assert torch.isfinite(total)
    total.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name


def fill_photo_with_one_text(head: torch.nn.Module, maps: list[float]) -> None:
    """Have an untrained head say ``maps`` everywhere, and DRRG link all that it finds."""
    with torch.no_grad():
        head.out_conv.weight.zero_()
        head.out_conv.bias.copy_(torch.tensor(maps))
    head.postprocessor.link_thr = 0.0


def predict(model: torch.nn.Module, batch: dict[str, list]) -> list:
    model.eval()
    with torch.no_grad():
        return model(**model.data_preprocessor(batch, training=False), mode='predict')


def pack(samples: list[dict], transforms: list[dict]) -> dict[str, list]:
    """Run MMOCR's transforms on raw samples and list what its models take."""
    with DefaultScope.overwrite_default_scope('mmocr'):
        packed = [Compose(transforms)(sample.copy()) for sample in samples]
    return {key: [sample[key] for sample in packed] for key in ('inputs', 'data_samples')}


def draw_signs(seed: int) -> dict:
    """An image with two wavy words, as MMOCR's loading transforms would leave it."""
    rng = np.random.default_rng(seed)
    image = np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 120, np.uint8)
    along = np.linspace(0.08, 0.92, 7)
    polygons = []
    for top in (0.10, 0.55):
        upper = np.stack([along, top + 0.04 * np.sin(3 * along + rng.uniform(0, 3))], axis=1)
        polygon = np.concatenate([upper, (upper + [0, 0.3])[::-1]]) * IMAGE_SIZE
        polygons.append(polygon.astype(np.float32))
        cv2.fillPoly(image, [polygon.astype(np.int32)], (30, 200, 90))
    bboxes = [[*polygon.min(axis=0), *polygon.max(axis=0)] for polygon in polygons]
    return {
        'img': image,
        'img_path': f'{seed}.jpg',
        'img_shape': image.shape[:2],
        'ori_shape': image.shape[:2],
        'scale_factor': (1.0, 1.0),
        'flip': False,
        'flip_direction': None,
        'gt_polygons': [polygon.reshape(-1) for polygon in polygons],
        'gt_bboxes': np.array(bboxes, dtype=np.float32),
        'gt_bboxes_labels': np.zeros(2, dtype=np.int64),
        'gt_ignored': np.zeros(2, dtype=bool),
        'instances': [],
    }


def draw_word(text: str, color_type: str) -> dict:
    """A crop with a word, as MMOCR's ``LoadImageFromFile`` would leave it."""
    image = np.full((40, 130, 3), 200, np.uint8)
    cv2.putText(image, text, (5, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
    if color_type == 'grayscale':
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return {
        'img': image,
        'img_path': f'{text}.jpg',
        'img_shape': image.shape[:2],
        'ori_shape': image.shape[:2],
        'instances': [{'text': text, 'bbox': [0, 0, 1, 1], 'bbox_label': 0, 'ignore': False}],
    }
