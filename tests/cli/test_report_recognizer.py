"""``clipter report-recognizer`` on images of blocks."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import toy_spotter
from toy_report_scenes import write_scenes
from toy_scenes import write_set

from pipeline.cli import report_recognizer as tool

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """A toy spotter's config, images with three words read right and one wrong, and a crop."""
    folder = tmp_path_factory.mktemp('report')
    toy_spotter.write_config(folder)
    write_scenes(folder / 'scenes')
    crop = toy_spotter.draw_photo(('e', (0, 0, 64, 16)), size=(16, 64))
    samples = [{'img_path': 'e.png', 'instances': [{'text': 'E'}]}]
    write_set(folder / 'crops', samples, {'e.png': crop})
    return folder


def run(folder: Path, *arguments: object) -> int:
    config = folder / 'toy_spotter_config.py'
    return tool.main([str(a) for a in ('--config', config, '--device', 'cpu', *arguments)])


def test_report_recognizer_writes_numbers_and_pictures(folder, tmp_path, capsys):
    status = run(folder, '--data', folder / 'scenes' / 'annotation.json', '--out', tmp_path)
    assert status == 0
    report = (tmp_path / 'report.md').read_text()
    for said in (
        '4 words of 2 images', '| all | 4 | 0.750 [', '1 errors in 4 characters',
        '| 0.7 to 0.8 | 3 | 0.784 | 1.000 |', '| 0.7 | 4 | 1.000 | 0.750 |',
        '1 of the 1 words that are wrong',
    ):  # fmt: skip
        assert said in report, said
    for name in ('calibration.png', 'failures.png'):
        assert cv2.imread(str(tmp_path / name)) is not None
    printed = capsys.readouterr().out
    assert 'Expected calibration error' in printed
    assert f'report: {tmp_path / "report.md"}' in printed


def test_report_recognizer_combines_photos_and_crops(folder, tmp_path):
    data = [folder / 'scenes' / 'annotation.json', folder / 'crops' / 'annotation.json']
    assert run(folder, '--data', *data, '--out', tmp_path) == 0
    report = (tmp_path / 'report.md').read_text()
    assert '4 words of 2 images and 1 word crops' in report
    assert '| all | 5 | 0.800 [' in report


def test_report_recognizer_draws_only_misread_words(folder, tmp_path):
    data = folder / 'crops' / 'annotation.json'
    assert run(folder, '--data', data, '--out', tmp_path) == 0
    assert '0 words are misread; none is drawn.' in (tmp_path / 'report.md').read_text()
    assert not (tmp_path / 'failures.png').exists()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--data', 'none.json'], 'no annotation none.json'),
        (['--config', 'none.py'], 'no config none.py'),
        (['--checkpoint', 'none.pth'], 'no weights at none.pth'),
        (['--data-root', 'nowhere'], 'nowhere'),
    ],
)
def test_report_recognizer_reports_errors_in_one_line(folder, tmp_path, capsys, arguments, message):
    data = ['--data', folder / 'scenes' / 'annotation.json']
    assert run(folder, *data, '--out', tmp_path, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1] and 'Traceback' not in error


def test_report_recognizer_rejects_data_without_texts(folder, tmp_path, capsys):
    path = tmp_path / 'empty.json'
    path.write_text(json.dumps({'data_list': []}))
    assert run(folder, '--data', path) == 2
    assert 'wanted words with texts' in capsys.readouterr().err
