"""``clipter calibrate-int8``: activation ranges for packed weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.cli import calibrate_int8
from pipeline.detection.quantize.int8_ranges import load_int8_ranges
from pipeline.spotter import DEFAULT_CONFIG

DEMO_PHOTO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
SHIPPED = DEFAULT_CONFIG.with_suffix('.safetensors')


def test_calibrate_int8_adds_ranges_to_packed_weights(tmp_path, capsys):
    packed = tmp_path / 'packed.safetensors'
    save_file(load_file(SHIPPED), packed)
    arguments = ['--checkpoint', str(packed), '--photos', str(DEMO_PHOTO), '--out', str(packed)]
    assert calibrate_int8.main(arguments) == 0
    assert 'ranges of activations on 1 images' in capsys.readouterr().out
    shipped, measured = load_int8_ranges(SHIPPED), load_int8_ranges(packed)
    assert list(measured) == list(shipped)
    # Of one image, but of the same network: alike in the main.
    widths = [(high - low) / (shipped[k][1] - shipped[k][0]) for k, (low, high) in measured.items()]
    assert sum(0.5 < width < 2 for width in widths) > 0.8 * len(widths)
    before, after = load_file(SHIPPED), load_file(packed)
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_calibrate_int8_reports_errors_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / 'out.safetensors'
    for arguments in (
        ['--photos', str(tmp_path)],
        ['--photos', str(DEMO_PHOTO), '--checkpoint', str(tmp_path / 'none.safetensors')],
    ):
        assert calibrate_int8.main([*arguments, '--out', str(out)]) == 2
        assert capsys.readouterr().err.count('\n') == 1
    assert not out.exists()


def test_calibrate_int8_requires_safetensors(tmp_path, capsys):
    arguments = ['--photos', str(DEMO_PHOTO), '--out', str(tmp_path / 'out.pth')]
    assert calibrate_int8.main(arguments) == 2
    assert 'wanted .safetensors' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        calibrate_int8.main([*arguments, '--count', '0'])
