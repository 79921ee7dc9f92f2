from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from pipeline.detection import TextDetector, fold_batch_norm, measure_ranges, quantize_detector
from pipeline.detection.int8 import can_quantize
from pipeline.image_io import read_image
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

DEMO_PHOTO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
on_x86 = pytest.mark.skipif(not can_quantize(), reason='8-bit kernels are for x86 CPUs')


def default_config(**detector: object) -> Config:
    config = Config.fromfile(DEFAULT_CONFIG)
    config.model.detector.update(detector)
    return config


@pytest.fixture(scope='module')
def floats() -> TextSpotter:
    return TextSpotter.from_config(default_config(int8_ranges=None))


def is_quantized(spotter: TextSpotter) -> bool:
    return any('quantized' in type(part).__module__ for part in spotter.detector.modules())


@on_x86
def test_the_default_reads_in_integers_what_it_reads_in_floats(floats):
    integers = TextSpotter.default()
    assert is_quantized(integers) and not is_quantized(floats)
    before, after = floats.read(DEMO_PHOTO), integers.read(DEMO_PHOTO)
    assert [word.text for word in before] == [word.text for word in after] != []
    for old, new in zip(before, after):
        if len(old.polygon) == len(new.polygon) == 4:
            height = np.linalg.norm(old.polygon[0] - old.polygon[3])
            np.testing.assert_allclose(new.polygon, old.polygon, atol=0.3 * height)
        assert new.score == pytest.approx(old.score, abs=0.1)


@on_x86
@torch.inference_mode()
def test_any_dbnet_computes_nearly_the_same_in_integers():
    torch.manual_seed(0)
    config = default_config()
    config.model.detector.pop('int8_ranges')
    config.model.detector.pop('type')
    detector = TextDetector(**config.model.detector).eval()
    for parameter in detector.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    fold_batch_norm(detector)
    photo = read_image(DEMO_PHOTO)
    ranges = measure_ranges(detector, [photo])
    inputs = torch.from_numpy(photo[:256, :256].transpose(2, 0, 1).copy())[None].float() / 64 - 2
    before = detector.detector.det_head.binarize(detector.detector.extract_feat(inputs))
    quantize_detector(detector, ranges)
    after = detector.detector.det_head.binarize(detector.detector.extract_feat(inputs))
    low, high = list(ranges.values())[-1]
    before = before.clamp(low, high)
    assert before.std() > 0.01 * (high - low)
    assert (after - before).abs().mean() < 0.1 * (high - low)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.95


def test_who_takes_the_weights_gets_them_in_floats():
    assert not is_quantized(TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True))


@on_x86
def test_ranges_of_other_weights_are_left_alone_with_a_warning(tmp_path, floats):
    ranges = json.loads((DEFAULT_CONFIG.parent / 'default_spotter_int8.json').read_text())
    other = tmp_path / 'other.json'
    other.write_text(json.dumps({**ranges, 'weights': '0' * 16}))
    with pytest.warns(UserWarning, match=r'other\.json was measured for other weights'):
        spotter = TextSpotter.from_config(default_config(int8_ranges=str(other)))
    assert not is_quantized(spotter)
    assert [w.text for w in spotter.read(DEMO_PHOTO)] == [w.text for w in floats.read(DEMO_PHOTO)]


@on_x86
def test_what_is_no_file_of_ranges_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match='no ranges of activations at'):
        TextSpotter.from_config(default_config(int8_ranges=str(tmp_path / 'none.json')))
    (tmp_path / 'broken.json').write_text('{"ranges": []}')
    with pytest.raises(ValueError, match=r'wanted JSON of tools/calibrate_int8\.py'):
        TextSpotter.from_config(default_config(int8_ranges=str(tmp_path / 'broken.json')))


@on_x86
def test_ranges_of_another_network_and_other_networks_are_refused(floats):
    with pytest.raises(ValueError, match='not those of this detector'):
        quantize_detector(floats.detector, {'x': (0.0, 1.0)})

    class Other(torch.nn.Module):
        detector = torch.nn.Conv2d(3, 3, 1)

    with pytest.raises(ValueError, match='only a DBNet'):
        quantize_detector(Other(), {})
