from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from safetensors.torch import load_file, save_file
from shapely import Polygon

from pipeline.detection.quantize.batch_norm_folding import fold_batch_norm
from pipeline.detection.quantize.int8 import can_quantize, measure_ranges, quantize_detector
from pipeline.detection.quantize.int8_ranges import load_int8_ranges
from pipeline.io import read_image
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
from pipeline.structures import Word

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / 'configs' / 'spotting'
DEMO_PHOTO = ROOT / 'data' / 'demo' / 'scene.jpg'
WEIGHTS = DEFAULT_CONFIG.with_suffix('.safetensors')
on_x86 = pytest.mark.skipif(not can_quantize(), reason='8-bit kernels are for x86 CPUs')


def is_quantized(spotter: TextSpotter) -> bool:
    return any('quantized' in type(part).__module__ for part in spotter.detector.modules())


def iou(first: Word, second: Word) -> float:
    shapes = Polygon(first.polygon), Polygon(second.polygon)
    return shapes[0].intersection(shapes[1]).area / shapes[0].union(shapes[1]).area


@on_x86
def test_int8_default_equals_float_default(float_spotter, float_demo_words):
    integers = TextSpotter.default(engine='torch')
    assert is_quantized(integers) and not is_quantized(float_spotter)
    before, after = float_demo_words, integers.read(DEMO_PHOTO)
    pairs = [
        (old, new)
        for old in before
        for new in after
        if old.text == new.text and iou(old, new) > 0.7
    ]
    assert len(pairs) >= max(len(before), len(after)) - 1 > 3
    for old, new in pairs:
        assert new.score == pytest.approx(old.score, abs=0.1)


@on_x86
@pytest.mark.parametrize(
    'config', ['default', pytest.param('dbnet-medium_ppocrv6-small', marks=pytest.mark.slow)]
)
@torch.inference_mode()
def test_quantize_detector_keeps_the_outputs_of_dbnet(config):
    torch.manual_seed(0)
    engine = torch.backends.quantized.engine
    model = Config.fromfile(CONFIGS / f'{config}.py').model.detector
    model.update(long_side_px=320, coarse_long_sides_px=())
    with DefaultScope.overwrite_default_scope('mmocr'):
        detector = MODELS.build(model).eval()
    for parameter in detector.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    fold_batch_norm(detector)
    network, photo = detector.detector, read_image(DEMO_PHOTO)
    with pytest.raises(ValueError, match='wanted images'):
        measure_ranges(detector, [])
    ranges = measure_ranges(detector, [photo])
    crop = torch.from_numpy(photo[:256, :256].transpose(2, 0, 1).copy())[None].float() / 64 - 2
    before = network.det_head.binarize(network.extract_feat(crop))
    quantize_detector(detector, ranges)
    after = network.det_head.binarize(network.extract_feat(crop))
    low, high = list(ranges.values())[-1]
    before = before.clamp(low, high)
    assert before.std() > 0.01 * (high - low)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.95
    assert torch.backends.quantized.engine == engine


def test_weights_without_ranges_stay_in_floats(tmp_path):
    save_file(load_file(WEIGHTS), tmp_path / 'bare.safetensors')
    assert load_int8_ranges(tmp_path / 'bare.safetensors') is None
    spotter = TextSpotter.from_config(DEFAULT_CONFIG, tmp_path / 'bare.safetensors')
    assert not is_quantized(spotter)


def test_load_int8_ranges_rejects_invalid_metadata(tmp_path):
    broken = tmp_path / 'broken.safetensors'
    save_file(load_file(WEIGHTS), broken, metadata={'detector_int8_ranges': '{"x": 1}'})
    with pytest.raises(ValueError, match=r'again with clipter calibrate-int8'):
        TextSpotter.from_config(DEFAULT_CONFIG, broken)


@on_x86
def test_foreign_ranges_warn_and_stay_in_floats(tmp_path):
    other = tmp_path / 'other.safetensors'
    save_file(load_file(WEIGHTS), other, metadata={'detector_int8_ranges': '{"x": [0, 1]}'})
    with pytest.warns(UserWarning, match='computes in floats, half as fast'):
        spotter = TextSpotter.from_config(DEFAULT_CONFIG, other)
    assert not is_quantized(spotter)
    assert spotter.read(read_image(DEMO_PHOTO)[280:480, 30:420])


def test_weights_as_trained_and_for_cuda_stay_in_floats():
    spotter = TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True)
    assert not is_quantized(spotter)
    spotter.detector.prepare_to_read('cuda', load_int8_ranges(WEIGHTS))
    assert not is_quantized(spotter)


@on_x86
def test_int8_detector_rejects_other_devices():
    spotter = TextSpotter.default(engine='torch').to('meta')
    with pytest.raises(RuntimeError, match='requires the CPU, but was moved to meta'):
        spotter.detector([read_image(DEMO_PHOTO)])


@on_x86
def test_quantize_detector_rejects_other_networks(float_spotter):
    with pytest.raises(ValueError, match='do not fit this detector'):
        quantize_detector(float_spotter.detector, {'x': (0.0, 1.0)})

    class Other(torch.nn.Module):
        detector = torch.nn.Conv2d(3, 3, 1)

    with pytest.raises(ValueError, match='only a DBNet'):
        quantize_detector(Other(), {})
