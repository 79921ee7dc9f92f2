"""``clipter pack-spotter``: one file from two trained parts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from pipeline.cli import pack_spotter
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Checkpoints of the two parts of the embedded default, as their training runs leave them."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp('runs')
    with DefaultScope.overwrite_default_scope('mmocr'):
        spotter = MODELS.build(Config.fromfile(DEFAULT_CONFIG).model)
    parts = {'detector': spotter.detector.detector, 'recognizer': spotter.recognizer}
    for name, part in parts.items():
        torch.save({'state_dict': part.state_dict(), 'meta': {}}, folder / f'{name}.pth')
    return {name: folder / f'{name}.pth' for name in parts}


def pack(trained: dict[str, Path], out: Path, *more: str, **changes: Path) -> int:
    files = {**trained, **changes}
    return pack_spotter.main(
        [
            str(DEFAULT_CONFIG), '--out', str(out), '--detector', str(files['detector']),
            '--recognizer', str(files['recognizer']), *more,
        ]
    )  # fmt: skip


def test_pack_spotter_packs_two_trained_parts(trained, tmp_path, capsys):
    out = tmp_path / 'new' / 'spotter.safetensors'
    assert pack(trained, out) == 0
    assert f'{out}: ' in capsys.readouterr().out
    assert out.stat().st_size < 40e6  # what may be shipped
    assert out.stat().st_mode == trained['detector'].stat().st_mode  # whom it may be read by
    spotter = TextSpotter.from_config(DEFAULT_CONFIG, checkpoint=out, as_trained=True)
    for name, part in (('detector', spotter.detector.detector), ('recognizer', spotter.recognizer)):
        wanted = torch.load(trained[name], weights_only=True)['state_dict']
        for key, value in part.state_dict().items():
            torch.testing.assert_close(value, wanted[key], rtol=1e-3, atol=1e-4)


def test_pack_spotter_dtype_float32(trained, tmp_path):
    out = tmp_path / 'spotter.safetensors'
    assert pack(trained, out, '--dtype', 'float32') == 0
    spotter = TextSpotter.from_config(DEFAULT_CONFIG, checkpoint=out)
    wanted = torch.load(trained['recognizer'], weights_only=True)['state_dict']
    for key, value in spotter.recognizer.state_dict().items():
        assert torch.equal(value, wanted[key])


def test_pack_spotter_rejects_swapped_parts(trained, tmp_path, capsys):
    out = tmp_path / 'spotter.safetensors'
    assert pack(trained, out, detector=trained['recognizer']) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and 'does not fit DBNet' in line
    assert not out.exists()


def test_pack_spotter_reports_missing_files(trained, tmp_path, capsys):
    assert pack(trained, tmp_path / 'a.safetensors', detector=tmp_path / 'gone.pth') == 2
    assert 'gone.pth' in capsys.readouterr().err
    recognition = DEFAULT_CONFIG.parents[2] / 'configs' / 'recognition' / 'parseq-tiny_words.py'
    for config in (tmp_path / 'none.py', recognition):
        assert pack_spotter.main([str(config), '--out', str(tmp_path / 'a.safetensors')]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith('error: ') and str(config) in line


def test_pack_spotter_averages_checkpoints(trained, tmp_path):
    first = torch.load(trained['recognizer'], weights_only=True)
    second = tmp_path / 'second.pth'
    later = {k: v + 1 if v.is_floating_point() else v for k, v in first['state_dict'].items()}
    torch.save({**first, 'state_dict': later}, second)
    out = tmp_path / 'spotter.safetensors'
    assert pack(trained, out, str(second), '--dtype', 'float32') == 0  # after --recognizer
    spotter = TextSpotter.from_config(DEFAULT_CONFIG, checkpoint=out)
    for key, value in spotter.recognizer.state_dict().items():
        wanted = first['state_dict'][key]
        torch.testing.assert_close(value, wanted + 0.5 if wanted.is_floating_point() else wanted)
