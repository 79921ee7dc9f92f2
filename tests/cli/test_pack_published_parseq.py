"""Packing of a published PARSeq; the file is random, with the published shapes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from reference_parseq import published_shapes

from pipeline.cli import pack_spotter
from pipeline.recognition.published_parseq import convert_published_parseq
from pipeline.spotter import TextSpotter

CONFIG = Path(__file__).parents[2] / 'configs' / 'spotting' / 'default_parseq-small.py'


def draw_published(folder: Path, classes: int = 95) -> Path:
    torch.manual_seed(0)
    shapes = published_shapes(384, classes)
    torch.save({name: 0.02 * torch.randn(shape) for name, shape in shapes.items()}, folder / 'a.pt')
    return folder / 'a.pt'


def pack(published: Path, out: Path) -> int:
    return pack_spotter.main(
        [str(CONFIG), '--recognizer', str(published), '--out', str(out), '--dtype', 'float32']
    )


def test_pack_spotter_detects_a_published_recognizer(tmp_path):
    published, out = draw_published(tmp_path), tmp_path / 'spotter.safetensors'
    assert pack(published, out) == 0
    spotter = TextSpotter.from_config(CONFIG, checkpoint=out)
    dictionary = spotter.recognizer.decoder.dictionary
    wanted = convert_published_parseq(torch.load(published, weights_only=True), dictionary)
    state = spotter.recognizer.state_dict()
    assert state.keys() == wanted.keys()
    assert all(torch.equal(state[name], value) for name, value in wanted.items())


def test_pack_spotter_rejects_another_charset(tmp_path: Path, capsys: pytest.CaptureFixture):
    out = tmp_path / 'spotter.safetensors'
    assert pack(draw_published(tmp_path, classes=37), out) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and 'checkpoint has 36 characters' in line
    assert not out.exists()
