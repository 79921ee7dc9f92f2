from __future__ import annotations

import json
from pathlib import Path

from mmengine.config import Config
from tool_modules import load_tool

from pipeline.detection.int8 import can_quantize
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

DEMO_PHOTO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
SHIPPED = DEFAULT_CONFIG.parent / 'default_spotter_int8.json'
calibrate_int8 = load_tool('calibrate_int8')


def test_the_ranges_of_the_default_can_be_measured_again(tmp_path, capsys):
    out = tmp_path / 'new' / 'ranges.json'
    assert calibrate_int8.main(['--photos', str(DEMO_PHOTO), '--out', str(out)]) == 0
    assert 'activations on 1 photo' in capsys.readouterr().out
    shipped, measured = json.loads(SHIPPED.read_text()), json.loads(out.read_text())
    assert measured['weights'] == shipped['weights']
    assert list(measured['ranges']) == list(shipped['ranges'])
    config = Config.fromfile(DEFAULT_CONFIG)
    config.model.detector.int8_ranges = str(out)
    spotter = TextSpotter.from_config(config)
    quantized = any('quantized' in type(part).__module__ for part in spotter.detector.modules())
    assert quantized == can_quantize()


def test_a_folder_without_photos_costs_one_line(tmp_path, capsys):
    assert calibrate_int8.main(['--photos', str(tmp_path), '--out', str(tmp_path / 'x.json')]) == 1
    assert capsys.readouterr().err.count('\n') == 1
    assert not (tmp_path / 'x.json').exists()
