"""Export of other detectors and recognizers, with small random networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import mmocr_recognizers
import numpy as np
import own_recognizers
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from tiny_towers import TINY

import pipeline.registration  # noqa: F401
from pipeline.onnx.export import export_spotter
from pipeline.onnx.manifest import read_manifest
from pipeline.onnx.spotter import OnnxTextSpotter
from pipeline.registry import MODELS
from pipeline.spotter import TextSpotter
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.utils.checkpoint import save_weights

BACKBONE = {
    'type': 'mmdet.ResNet',
    'depth': 18,
    'base_channels': 8,
    'stem_channels': 8,
    'num_stages': 4,
    'out_indices': (0, 1, 2, 3),
    'norm_cfg': {'type': 'BN', 'requires_grad': True},
    'norm_eval': False,
    'style': 'caffe',
}
CHANNELS = [8, 16, 32, 64]
PREPROCESSOR = {
    'type': 'TextDetDataPreprocessor',
    'mean': [123.675, 116.28, 103.53],
    'std': [58.395, 57.12, 57.375],
    'bgr_to_rgb': True,
    'pad_size_divisor': 32,
}
DETECTORS: dict[str, dict[str, Any]] = {
    'dbnet': {
        'type': 'DBNet',
        'neck': {'type': 'FPNC', 'in_channels': CHANNELS, 'lateral_channels': 16},
        'det_head': {
            'type': 'DBHead',
            'in_channels': 256,
            'module_loss': {'type': 'DBModuleLoss'},
            'postprocessor': {
                'type': 'DBPostprocessor', 'text_repr_type': 'poly', 'mask_thr': 0.49,
                'min_text_score': 0.1,
            },
        },
    },
    'panet': {
        'type': 'PANet',
        'neck': {'type': 'FPEM_FFM', 'in_channels': CHANNELS, 'conv_out': 16},
        'det_head': {
            'type': 'PANHead',
            'in_channels': [16] * 4,
            'hidden_dim': 16,
            'out_channel': 6,
            'module_loss': {'type': 'PANModuleLoss'},
            'postprocessor': {'type': 'PANPostprocessor', 'text_repr_type': 'poly'},
        },
    },
    'psenet': {
        'type': 'PSENet',
        'neck': {
            'type': 'FPNF', 'in_channels': CHANNELS, 'out_channels': 256, 'fusion_type': 'concat',
        },
        'det_head': {
            'type': 'PSEHead',
            'in_channels': [256],
            'hidden_dim': 16,
            'out_channel': 7,
            'module_loss': {'type': 'PSEModuleLoss'},
            'postprocessor': {'type': 'PSEPostprocessor', 'text_repr_type': 'poly'},
        },
    },
    'fcenet': {
        'type': 'FCENet',
        'neck': {
            'type': 'mmdet.FPN', 'in_channels': CHANNELS[1:], 'out_channels': 16,
            'add_extra_convs': 'on_output', 'num_outs': 3,
        },
        'det_head': {
            'type': 'FCEHead',
            'in_channels': 16,
            'fourier_degree': 2,
            'module_loss': {'type': 'FCEModuleLoss', 'fourier_degree': 2, 'num_sample': 8},
            'postprocessor': {
                'type': 'FCEPostprocessor', 'fourier_degree': 2, 'num_reconstr_points': 8,
                'scales': (8, 16, 32), 'text_repr_type': 'poly',
            },
        },
    },
}  # fmt: skip
POLYGONS = [
    np.array([[4, 4], [84, 8], [84, 36], [4, 32]], np.float32),
    np.array([[20, 40], [60, 40], [60, 60], [20, 60]], np.float32),
    np.array([[100, 10], [160, 10], [160, 40], [100, 40]], np.float32),
]


def small(name: str) -> Callable[..., dict[str, Any]]:
    """The config of a small recognizer of this package or of MMOCR."""
    return getattr(own_recognizers, name, None) or getattr(mmocr_recognizers, name)


def make_photos(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (count, 8, 16, 3), dtype=np.uint8)
    return [cv2.resize(one, (192, 96), interpolation=cv2.INTER_CUBIC) for one in noise]


def build(
    folder: Path, detector: str = 'dbnet', recognizer: dict | None = None
) -> TorchTextSpotter:
    """A spotter with random weights, from its config and a checkpoint."""
    torch.manual_seed(0)
    reader = recognizer or own_recognizers.ppocr(mmocr_recognizers.write_charset(folder), 0.0)
    backbone = {**BACKBONE, 'out_indices': (1, 2, 3)} if detector == 'fcenet' else BACKBONE
    model = {
        'type': 'TextSpotter',
        'detector': {
            'type': 'TextDetector',
            'long_side_px': 192,
            'detector': {
                **DETECTORS[detector], 'backbone': backbone, 'data_preprocessor': PREPROCESSOR,
            },
        },
        'rectifier': {'type': 'Rectifier', 'size': (32, 64)},
        'recognizer': reader,
    }  # fmt: skip
    config = Config({'default_scope': 'mmocr', 'model': model})
    with DefaultScope.overwrite_default_scope('mmocr'):
        spotter = MODELS.build(config.model)
    for module in spotter.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # statistics as after training
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
    weights = folder / 'weights.safetensors'
    save_weights(spotter, weights, torch.float32)
    return TextSpotter.from_config(config, weights, as_trained=True)


def export(spotter: TorchTextSpotter, folder: Path) -> OnnxTextSpotter:
    export_spotter(spotter, folder)
    return OnnxTextSpotter(folder, threads=1)


def check_same_readings(ours: OnnxTextSpotter, theirs: TorchTextSpotter) -> None:
    photos = make_photos(2)
    polygons = [POLYGONS, POLYGONS[:2]]
    found, wanted = (s.read_polygons(photos, polygons) for s in (ours, theirs))
    assert [[text for text, _ in some] for some in found] == [
        [text for text, _ in some] for some in wanted
    ]
    for some, others in zip(found, wanted):
        np.testing.assert_allclose([s for _, s in some], [s for _, s in others], atol=2e-3)


@pytest.mark.parametrize('name', ['dbnet', 'panet', 'psenet'])
def test_export_detectors_of_mmocr(tmp_path: Path, name: str) -> None:
    spotter = build(tmp_path, name)
    exported = export(spotter, tmp_path / 'onnx')
    assert exported.detector.words is None  # MMOCR's postprocessor
    words = 0
    for photo in make_photos(3):
        (found,), (wanted,) = exported.detector([photo]), spotter.detector([photo])
        words += len(wanted.polygons)
        assert len(found.polygons) == len(wanted.polygons)
        np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-3)
        for one, other in zip(found.polygons, wanted.polygons):
            np.testing.assert_allclose(one, other, atol=0.5)
    assert words or name != 'dbnet'


def test_export_names_outputs_that_it_cannot_use(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'detector\.onnx cannot be exported: wanted tensors'):
        export_spotter(build(tmp_path, 'fcenet'), tmp_path / 'onnx')


@pytest.mark.parametrize('name', ['ppocr', 'crnn', 'crnn_recurrent'])
def test_export_recognizers(tmp_path: Path, name: str) -> None:
    recognizer = small(name)(mmocr_recognizers.write_charset(tmp_path), 0.0)
    spotter = build(tmp_path, recognizer=recognizer)
    check_same_readings(export(spotter, tmp_path / 'onnx'), spotter)


@pytest.mark.parametrize('decode_ar', [True, False])
def test_export_parseq_with_its_decoding_in_the_manifest(tmp_path: Path, decode_ar: bool) -> None:
    recognizer = own_recognizers.parseq(mmocr_recognizers.write_charset(tmp_path), 0.0)
    recognizer['decoder'] |= {'decode_ar': decode_ar, 'refine_iters': 2}
    spotter = build(tmp_path, recognizer=recognizer)
    check_same_readings(export(spotter, tmp_path / 'onnx'), spotter)
    first = 'autoregressive, unrolled' if decode_ar else 'all characters at once'
    decoding = read_manifest(tmp_path / 'onnx')['recognizer']['decoding']
    assert decoding == {'first': first, 'refine_iters': 2}


@pytest.mark.parametrize(
    ('name', 'stage'), [('ppocr', 'early'), ('parseq', 'late'), ('crnn', 'early')]
)
def test_export_recognizers_with_scene_context(tmp_path: Path, name: str, stage: str) -> None:
    plain = small(name)(mmocr_recognizers.write_charset(tmp_path), 0.0)
    dim = 32
    encoder = {'type': 'ClipImageEncoder', 'arch': TINY, 'pretrained': None, 'allow_random': True}
    fusion = {'type': 'MultiHeadCrossAttention', 'embed_dim': dim, 'num_heads': 2, 'size': 'mini'}
    recognizer = {
        'type': 'ContextRecognizer', 'recognizer': plain, 'context_encoder': encoder,
        'fusion': fusion, 'stage': stage,
    }  # fmt: skip
    spotter = build(tmp_path, recognizer=recognizer)
    torch.nn.init.constant_(spotter.recognizer.fusion.gate.alpha, 1.0)
    exported = export(spotter, tmp_path / 'onnx')
    assert exported.has_context
    photos = make_photos(2)
    tokens = spotter.encode(photos).numpy()
    np.testing.assert_allclose(exported.encode(photos), tokens, atol=0.05)
    check_same_readings(exported, spotter)
    crops = [photo[:40, :90] for photo in photos]
    assert [text for text, _ in exported.read_crops(crops)] == [
        text for text, _ in spotter.read_crops(crops)
    ]
    with pytest.raises(ValueError, match='scene context is part of this exported recognizer'):
        exported.use_context(False)


@pytest.mark.parametrize('name', ['svtr', 'vitstr', 'satrn', 'abinet'])
def test_export_is_right_or_refused(tmp_path: Path, name: str) -> None:
    recognizer = small(name)(mmocr_recognizers.write_charset(tmp_path), 0.0)
    spotter = build(tmp_path, recognizer=recognizer)
    try:
        exported = export(spotter, tmp_path / 'onnx')
    except ValueError as error:
        assert 'recognizer.onnx cannot be exported' in str(error)
    else:
        check_same_readings(exported, spotter)


def test_export_refuses_decoders_that_read_in_their_own_way(tmp_path: Path) -> None:
    recognizer = own_recognizers.hybrid(mmocr_recognizers.write_charset(tmp_path), 0.0)
    with pytest.raises(ValueError, match='HybridDecoder cannot be exported: it reads in its own'):
        export_spotter(build(tmp_path, recognizer=recognizer), tmp_path / 'onnx')


def test_export_needs_the_config_of_mmocr_parts(tmp_path: Path) -> None:
    spotter = build(tmp_path, 'panet')
    spotter.config = None
    with pytest.raises(ValueError, match=r'build it with TextSpotter\.from_config'):
        export_spotter(spotter, tmp_path / 'onnx')
    assert not (tmp_path / 'onnx').exists()
