"""``print-config``, ``analyze-logs`` and ``browse-dataset``."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from pipeline.cli import analyze_logs, browse_dataset, print_config
from pipeline.cli.main import main


def test_print_config_merges_bases_and_options(capsys, tmp_path: Path) -> None:
    options = ['--cfg-options', 'model.min_score=0.5']
    assert print_config.main(['spotting/default', *options]) == 0
    path = tmp_path / 'printed.py'
    path.write_text(capsys.readouterr().out)
    config = Config.fromfile(path)
    assert config.model.min_score == 0.5 and config.model.detector.detector.type == 'DBNet'


def test_main_accepts_the_underscores_of_mmocr(capsys) -> None:
    assert main(['print_config', 'spotting/default']) == 0
    assert "type='TextSpotter'" in capsys.readouterr().out


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    for name, losses in (('20260101_000000', [9.0, 8.0]), ('20260102_000000', [3.0, 1.0, 2.0])):
        path = tmp_path / name / 'vis_data' / 'scalars.json'
        path.parent.mkdir(parents=True)
        lines = [
            {'loss': loss, 'time': 0.5, 'iter': 50 * i, 'step': 50 * i}
            for i, loss in enumerate(losses, 1)
        ]
        path.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return tmp_path


def test_analyze_logs_reads_the_last_run(work_dir: Path, capsys) -> None:
    picture = work_dir / 'curves.png'
    assert analyze_logs.main([str(work_dir), '--out', str(picture)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[1:] == ['loss', '3', '1', '100', '2', '150']
    assert lines[2].endswith('0.5 s per iteration (median)')
    assert cv2.imread(str(picture)).std() > 1


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (['--keys', 'hmean'], 'has no hmean: it has loss, time'),
        (['gone'], r'no vis_data/scalars.json in gone'),
    ],
)
def test_analyze_logs_rejects(work_dir: Path, capsys, change: list[str], message: str) -> None:
    assert analyze_logs.main([str(work_dir), *change]) == 2
    assert message in capsys.readouterr().err


def write_set(folder: Path) -> None:
    image = np.full((120, 320, 3), 235, np.uint8)
    cv2.putText(image, 'OPEN', (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (40, 30, 20), 4)
    cv2.imwrite(str(folder / 'OPEN.png'), image)
    (folder / 'gt_OPEN.txt').write_text('35,35,250,35,250,90,35,90,OPEN\n')


@pytest.mark.parametrize(
    'config', ['detection/ppocrv6-small-det_own', 'recognition/ppocrv6-small_own']
)
def test_browse_dataset_draws_the_samples(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('pipeline.cli.unpack_spotter.unpack', lambda folder: None)
    (tmp_path / 'mine').mkdir()
    write_set(tmp_path / 'mine')
    assert browse_dataset.main([config, '--data', 'mine', '-n', '1']) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith('samples in browse')
    (picture,) = Path('browse').iterdir()
    drawn = cv2.imread(str(picture))
    assert drawn.std() > 5
    if config.startswith('recognition'):
        assert drawn.shape[0] > 48  # the crop and its text
    else:
        assert np.ptp(drawn.astype(int), axis=2).max() > 100  # a colored outline
