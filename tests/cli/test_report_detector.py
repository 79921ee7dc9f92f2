"""``clipter report-detector`` on images of blocks."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import toy_spotter
from toy_report_scenes import GHOST, write_scenes

from pipeline.cli import report_detector as tool

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """A toy spotter's config, three images, and two without text of which one has a block."""
    folder = tmp_path_factory.mktemp('report')
    toy_spotter.write_config(folder)
    write_scenes(folder / 'scenes')
    (folder / 'textless').mkdir()
    for name, words in (('wall', []), ('window', [('g', GHOST)])):
        cv2.imwrite(str(folder / 'textless' / f'{name}.png'), toy_spotter.draw_photo(*words))
    return folder


def run(folder: Path, *arguments: object) -> int:
    config = folder / 'toy_spotter_config.py'
    return tool.main([str(a) for a in ('--config', config, '--device', 'cpu', *arguments)])


def test_report_detector_writes_numbers_and_pictures(folder, tmp_path, capsys):
    data = folder / 'scenes' / 'annotation.json'
    status = run(folder, '--data', data, '--textless', folder / 'textless', '--out', tmp_path)
    assert status == 0
    report = (tmp_path / 'report.md').read_text()
    for said in (
        "3 images with 4 counted words and 1 don't-care words",
        'whole-number quads', 'toy.safetensors (SHA-256 ',
        '| detection, detector only | 0.750 | 0.750 | 0.750 [',
        '| end to end, no lexicon | 0.750 | 0.750 |',
        '| [worst/01_one.jpg](worst/01_one.jpg) | 1 | 1 | 1 | 2 |',
        '| detector only | 2 | 1 | 0.500 | 1 (50.0 %) | 1 |',
        '| `window.png` | 1 | 1 | `g` |',
    ):  # fmt: skip
        assert said in report, said
    assert cv2.imread(str(tmp_path / 'precision_recall.png')) is not None
    assert cv2.imread(str(tmp_path / 'worst' / '01_one.jpg')) is not None
    assert [p.name for p in (tmp_path / 'textless').iterdir()] == ['01_window.jpg']
    printed = capsys.readouterr().out
    assert '| detection, spotter | 0.750 |' in printed
    assert f'report: {tmp_path / "report.md"}' in printed


def test_report_detector_is_deterministic(folder, tmp_path):
    data = folder / 'scenes' / 'annotation.json'
    for name in 'ab':
        assert run(folder, '--data', data, '--out', tmp_path / name, '--worst', 1) == 0
    for path in (p for p in (tmp_path / 'a').rglob('*') if p.is_file()):
        assert path.read_bytes() == (tmp_path / 'b' / path.relative_to(tmp_path / 'a')).read_bytes()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--data', 'none.json'], 'no annotation none.json'),
        (['--config', 'none.py'], 'no config none.py'),
        (['--checkpoint', 'none.pth'], 'no weights at none.pth'),
        (['--textless', 'nowhere'], 'nowhere: no such file'),
        (['--curve-from', '0.2'], 'BlockDetector has no min_text_score'),
    ],
)
def test_report_detector_reports_errors_in_one_line(folder, tmp_path, capsys, arguments, message):
    data = ['--data', folder / 'scenes' / 'annotation.json']
    status = run(folder, *data, '--out', tmp_path, *arguments)
    assert status == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1] and 'Traceback' not in error
    assert not (tmp_path / 'report.md').exists()


def test_report_detector_rejects_data_without_words(folder, tmp_path, capsys):
    path = tmp_path / 'empty.json'
    path.write_text(json.dumps({'data_list': []}))
    assert run(folder, '--data', path) == 2
    assert 'no image with word polygons' in capsys.readouterr().err
