"""``clipter experiments``: command line, and one short run on drawn words."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from toy_spotter import draw_photo

from pipeline.cli import cut_words, experiments

CONFIG = Path(__file__).parents[2] / 'configs' / '_base_' / 'ppocrv6-small.py'
BOXES = {'a': (10, 10, 90, 34), 'b': (100, 10, 180, 34), 'c': (10, 50, 90, 80)}


def run(*arguments: object) -> int:
    return experiments.main(['clipter', *map(str, arguments), '--device', 'cpu'])


@pytest.fixture
def photos(tmp_path) -> Path:
    """Three images with three words each."""
    entries = []
    for i in range(3):
        image = draw_photo(*BOXES.items())
        image[-8:, -8:] = 80 * i  # different files
        cv2.imwrite(str(tmp_path / f'{i}.png'), np.repeat(np.repeat(image, 2, 0), 2, 1))
        instances = [
            {'text': 'word' + text, 'polygon': [2 * v for v in (x1, y1, x2, y1, x2, y2, x1, y2)]}
            for text, (x1, y1, x2, y2) in BOXES.items()
        ]
        entries.append({'img_path': f'{i}.png', 'instances': instances})
    path = tmp_path / 'annotation.json'
    path.write_text(json.dumps({'metainfo': {}, 'data_list': entries}))
    return path


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--data', 'nowhere'], 'wanted a folder of clipter cut-words'),
        (['--start', 'parseq'], 'wanted --start ARCH=FILE, got parseq'),
        (['--start', 'parsek=file.pth'], '--start parsek: wanted one of parseq, parseq-compact'),
        (['--start', 'crnn=nowhere.pth'], 'no weights nowhere.pth (--start)'),
        (['--test', 'dev=nowhere.json'], 'no test set nowhere.json (dev)'),
        (['--runs', 'gated'], 'no run gated: wanted a number from 1 to 6 or one of default'),
    ],
)
def test_experiments_explains_wrong_arguments(photos, tmp_path, capsys, arguments, said):
    (tmp_path / 'cut').mkdir()
    (tmp_path / 'cut' / 'textrecog.json').write_text('{"data_list": []}')
    given = ['--data', tmp_path / 'cut', '--test', f'dev={photos}', '--out', tmp_path / 'out']
    assert run(*given, *arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
def test_experiments_trains_resumes_and_reports(photos, tmp_path, capsys):
    cut = tmp_path / 'cut'
    cut_words.main(
        [str(CONFIG), '--data', str(photos), '--out', str(cut), '--workers', '1', '--variants', '8']
    )
    capsys.readouterr()
    arguments = [
        '--tower', 'ViT-S-32', '--pretrained', 'none', '--data', cut, '--test', f'drawn={photos}',
        '--runs', 'gated-early', '--iters', '2', '--misleading', '2', '--workers', '0',
        '--out', tmp_path / 'out',
    ]  # fmt: skip
    with DefaultScope.overwrite_default_scope(None):
        assert run(*arguments) == 0
    first = capsys.readouterr()
    assert '| continued without context |' in first.out
    assert '[2/2] gated-early (seed 0): done' in first.err
    report = json.loads((tmp_path / 'out' / 'report.json').read_text())
    entry = report['sets']['drawn']['runs']['gated-early']
    assert entry['over_control']['value'] is not None
    assert report['runs']['gated-early']['iters'] == 2
    assert report['conclusion'] in (tmp_path / 'out' / 'report.html').read_text()
    assert run(*arguments) == 0
    again = capsys.readouterr()
    assert again.out == first.out
    assert 'iterations' not in again.err
    assert run(*arguments, '--iters', '3') == 2
    assert 'other settings (iters)' in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
def test_experiments_train_on_the_frozen_backbone(photos, tmp_path, capsys):
    cut, out = tmp_path / 'cut', tmp_path / 'out'
    cut_words.main(
        [str(CONFIG), '--data', str(photos), '--out', str(cut), '--workers', '1', '--variants', '2']
    )
    crops = {path.read_bytes() for path in (cut / 'images').iterdir()}
    arguments = [
        '--tower', 'ViT-S-32', '--pretrained', 'none', '--data', cut, '--test', f'drawn={photos}',
        '--runs', 'crnn-lcnet-late', '--iters', '2', '--plain-iters', '2', '--misleading', '0',
        '--workers', '0', '--out', out,
    ]  # fmt: skip
    with DefaultScope.overwrite_default_scope(None):
        assert run(*arguments) == 0
    assert '[3/3] crnn-lcnet-late (seed 0): done' in capsys.readouterr().err
    # One training computed the features of all crops, the others have read them.
    (keys,) = out.glob('backbone/*/*.keys')
    assert len(keys.read_bytes()) == 16 * len(crops)
    trained = torch.load(out / 'start' / 'crnn-lcnet_0.pth', weights_only=True)['state_dict']
    default = torch.load(out / 'start' / 'ppocrv6.pth', weights_only=True)['state_dict']
    frozen = [name for name in trained if name.startswith('backbone.')]
    assert frozen
    assert all(torch.equal(trained[name], default[name]) for name in frozen)
