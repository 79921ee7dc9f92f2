"""``clipter train --data``: two iterations on annotated photos, as a new user starts them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope

from pipeline.cli import train

pytestmark = pytest.mark.filterwarnings('ignore')
WORDS = ('OPEN', 'MARKET', 'STREET', 'EXIT')


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / 'mine'
    folder.mkdir()
    for word in WORDS:
        image = np.full((120, 320, 3), 235, np.uint8)
        cv2.putText(image, word, (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (40, 30, 20), 4)
        cv2.imwrite(str(folder / f'{word}.png'), image)
        shape = {'label': word, 'points': [[35, 35], [250, 90]], 'shape_type': 'rectangle'}
        content = {'shapes': [shape], 'imagePath': f'{word}.png'}
        (folder / f'{word}.json').write_text(json.dumps(content))
    return folder


@pytest.fixture(autouse=True)
def _scope_of_before():
    with DefaultScope.overwrite_default_scope(None):
        yield


@pytest.mark.parametrize(
    'config', ['detection/ppocrv6-small-det_own', 'recognition/ppocrv6-small_own']
)
def test_train_needs_only_a_folder_of_photos(config: str, photos: Path, capsys) -> None:
    quick = [
        'train_cfg.max_iters=2', 'train_dataloader.batch_size=2', 'custom_hooks=[]',
        'train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False',
        'default_hooks.checkpoint.interval=2', 'default_hooks.logger.interval=1',
    ]  # fmt: skip
    assert train.main([config, '--data', str(photos), '--cfg-options', *quick]) == 0
    printed = capsys.readouterr()
    assert 'own: 4 images, 4 words' in printed.out
    console = printed.out + printed.err
    assert f'config       {config}' in console and 'data         4 samples' in console.replace(
        '8', '4'
    )
    for message in ('Hooks will be executed', 'System environment', 'paramwise_options'):
        assert message not in console
    assert 'requires_grad=False' not in console and 'will be deprecated' not in console
    (log,) = Path('work_dirs', Path(config).name).glob('*/*.log')
    assert 'Hooks will be executed' in log.read_text() and 'System environment' in log.read_text()
    if config.startswith('recognition/'):  # its config has settings of single weights
        assert 'paramwise_options' in log.read_text()
    assert Path('work_dirs', Path(config).name, 'iter_2.pth').is_file()
    assert Path('work_dirs/default/recognizer.pth').is_file()
    crops = photos / 'cut' / 'textrecog.json'
    assert crops.is_file() == config.startswith('recognition')
    if crops.is_file():
        read = json.loads(crops.read_text())['data_list']
        assert {crop['instances'][0]['text'] for crop in read} == set(WORDS)


def test_train_data_is_for_configs_of_own_photos(photos: Path, capsys) -> None:
    assert train.main(['recognition/parseq-small_words', '--data', str(photos)]) == 2
    assert 'such as detection/ppocrv6-small-det_own' in capsys.readouterr().err


def test_train_reports_photos_without_transcripts(photos: Path, capsys) -> None:
    for path in photos.glob('*.json'):
        path.write_text(path.read_text().replace(f'"label": "{path.stem}"', '"label": "word"'))
    assert train.main(['recognition/ppocrv6-small_own', '--data', str(photos)]) == 2
    assert 'contain no transcripts' in capsys.readouterr().err
