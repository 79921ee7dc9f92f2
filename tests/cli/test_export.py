"""``clipter export`` and reading with its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import export, infer
from pipeline.onnx.spotter import OnnxTextSpotter

SCENE = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'


@pytest.fixture(scope='module')
def exported(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('onnx')
    assert export.main(['--out', str(folder)]) == 0
    return folder


def test_infer_reads_with_exported_files(exported, tmp_path, capsys) -> None:
    args = [str(SCENE), '--onnx', str(exported), '--out', str(tmp_path), '--no-draw']
    assert infer.main(args) == 0
    assert 'BAKERY' in capsys.readouterr().out


def test_exported_default_has_its_settings(exported, default_spotter) -> None:
    assert OnnxTextSpotter(exported).min_score == default_spotter.min_score


@pytest.mark.parametrize('more', [['--config', 'spotting/default'], ['--engine', 'torch']])
def test_infer_rejects_exported_files_with_other_weights(exported, more, capsys) -> None:
    assert infer.main([str(SCENE), '--onnx', str(exported), *more]) == 2
    assert '--onnx' in capsys.readouterr().err


def test_infer_names_a_folder_without_exported_files(tmp_path, capsys) -> None:
    args = [str(SCENE), '--onnx', str(tmp_path), '--out', str(tmp_path / 'out')]
    assert infer.main(args) == 2
    assert 'no spotter.json' in capsys.readouterr().err
