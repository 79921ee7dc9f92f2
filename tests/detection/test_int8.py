from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from safetensors.torch import load_file, save_file

from pipeline.checkpoint import load_int8_ranges
from pipeline.detection import fold_batch_norm, measure_ranges, quantize_detector
from pipeline.detection.int8 import can_quantize
from pipeline.image_io import read_image
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

DEMO_PHOTO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
WEIGHTS = DEFAULT_CONFIG.with_suffix('.safetensors')
on_x86 = pytest.mark.skipif(not can_quantize(), reason='8-bit kernels are for x86 CPUs')


@pytest.fixture(scope='module')
def floats() -> TextSpotter:
    return TextSpotter.from_config(DEFAULT_CONFIG, int8=False)


def is_quantized(spotter: TextSpotter) -> bool:
    return any('quantized' in type(part).__module__ for part in spotter.detector.modules())


@on_x86
def test_the_default_reads_in_integers_what_it_reads_in_floats(floats):
    integers = TextSpotter.default()
    assert is_quantized(integers) and not is_quantized(floats)
    before, after = floats.read(DEMO_PHOTO), integers.read(DEMO_PHOTO)
    assert [word.text for word in before] == [word.text for word in after] != []
    for old, new in zip(before, after):
        assert new.score == pytest.approx(old.score, abs=0.1)
        if len(old.polygon) == len(new.polygon) == 4:
            height = np.linalg.norm(old.polygon[0] - old.polygon[3])
            np.testing.assert_allclose(new.polygon, old.polygon, atol=0.3 * height)


@on_x86
@torch.inference_mode()
def test_any_dbnet_computes_nearly_the_same_in_integers():
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmocr'):
        detector = MODELS.build(Config.fromfile(DEFAULT_CONFIG).model.detector).eval()
    for parameter in detector.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    fold_batch_norm(detector)
    network, photo = detector.detector, read_image(DEMO_PHOTO)
    ranges = measure_ranges(detector, [photo])
    crop = torch.from_numpy(photo[:256, :256].transpose(2, 0, 1).copy())[None].float() / 64 - 2
    before = network.det_head.binarize(network.extract_feat(crop))
    quantize_detector(detector, ranges)
    after = network.det_head.binarize(network.extract_feat(crop))
    low, high = list(ranges.values())[-1]
    before = before.clamp(low, high)
    assert before.std() > 0.01 * (high - low)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.95
    assert torch.backends.quantized.engine != 'onednn'  # as it was


def test_who_takes_the_weights_gets_them_in_floats():
    assert not is_quantized(TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True))


def test_weights_without_ranges_compute_in_floats(tmp_path):
    save_file(load_file(WEIGHTS), tmp_path / 'bare.safetensors')
    assert load_int8_ranges(tmp_path / 'bare.safetensors') is None
    spotter = TextSpotter.from_config(DEFAULT_CONFIG, tmp_path / 'bare.safetensors')
    assert not is_quantized(spotter)


def test_ranges_that_cannot_be_read_are_said(tmp_path):
    broken = tmp_path / 'broken.safetensors'
    save_file(load_file(WEIGHTS), broken, metadata={'detector_int8_ranges': '{"x": 1}'})
    with pytest.raises(ValueError, match=r'wanted those of tools/calibrate_int8\.py'):
        TextSpotter.from_config(DEFAULT_CONFIG, broken)


@on_x86
def test_ranges_of_another_network_and_other_networks_are_refused(floats):
    with pytest.raises(ValueError, match='not those of this detector'):
        quantize_detector(floats.detector, {'x': (0.0, 1.0)})

    class Other(torch.nn.Module):
        detector = torch.nn.Conv2d(3, 3, 1)

    with pytest.raises(ValueError, match='only a DBNet'):
        quantize_detector(Other(), {})
