"""``clipter diagnose-context`` on a small untrained PARSeq."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import toy_spotter
from mmengine.config import Config
from mmengine.registry import DefaultScope

from pipeline.analysis.context import load_subject
from pipeline.analysis.context.synthetic.configs import plain_config
from pipeline.analysis.context.synthetic.data import write_set
from pipeline.analysis.context.synthetic.settings import BenchmarkSettings
from pipeline.analysis.context.synthetic.vocabulary import LETTERS
from pipeline.cli import diagnose_context as tool
from pipeline.registry import MODELS
from pipeline.utils.checkpoint import save_weights

pytestmark = pytest.mark.filterwarnings('ignore')
TOWER = {
    'embed_dim': 16,
    'vision_cfg': {'image_size': 16, 'layers': 1, 'width': 24, 'patch_size': 8, 'head_width': 12},
}


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """Data, a config with context, and its weights with the gate open and closed."""
    folder = tmp_path_factory.mktemp('diagnosis')
    charset = folder / 'charset.txt'
    charset.write_text('\n'.join(LETTERS))
    write_set(folder / 'data', seed=0, count=6)
    config = plain_config(BenchmarkSettings(), folder / 'data', folder / 'run', charset)
    config.model = {
        'type': 'ContextRecognizer',
        'recognizer': config.model.to_dict(),
        'context_encoder': {
            'type': 'ClipImageEncoder', 'arch': TOWER, 'pretrained': None, 'allow_random': True,
            'seed': 1,
        },
        'fusion': {
            'type': 'MultiHeadCrossAttention', 'embed_dim': 64, 'num_heads': 4, 'size': 'mini',
        },
    }  # fmt: skip
    config.dump(str(folder / 'context.py'))
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(config.model)
        for name, parameter in model.recognizer.named_parameters():
            if 'decoder' in name and 'norm' not in name:
                torch.nn.init.normal_(parameter, std=0.5)  # else every crop reads alike
        save_weights(model, folder / 'closed.safetensors')
        with torch.no_grad():
            model.fusion.gate.alpha.fill_(1.0)
            torch.nn.init.normal_(model.fusion.key_value.weight)
            torch.nn.init.normal_(model.fusion.out.weight)
        save_weights(model, folder / 'open.safetensors')
        # Where the spotter's detector is wanted, here with blocks instead of words.
        detector = {'type': 'BlockDetector'}
        recognizer = config.model.to_dict()
        rectifier = {'type': 'Rectifier', 'size': (32, 128)}
        spotter = MODELS.build(
            {
                'type': 'TextSpotter', 'detector': detector, 'rectifier': rectifier,
                'recognizer': recognizer,
            }
        )  # fmt: skip
        spotter.recognizer.load_state_dict(model.state_dict())
        save_weights(spotter, folder / 'spotter.safetensors')
    whole = Config(
        {
            'default_scope': 'mmocr',
            'load_from': str(folder / 'spotter.safetensors'),
            'model': {
                'type': 'TextSpotter', 'detector': detector, 'rectifier': rectifier,
                'recognizer': recognizer,
            },
        }
    )  # fmt: skip
    whole.dump(str(folder / 'spotting.py'))
    draw_blocks(folder / 'blocks')
    return folder


def draw_blocks(folder: Path) -> None:
    """Images whose words a ``BlockDetector`` finds."""
    import cv2

    folder.mkdir()
    entries = []
    for i in range(3):
        box = (20, 20 + 10 * i, 120, 50 + 10 * i)
        cv2.imwrite(str(folder / f'{i}.png'), toy_spotter.draw_photo(('b', box)))
        x1, y1, x2, y2 = box
        polygon = [x1, y1, x2, y1, x2, y2, x1, y2]
        entries.append({'img_path': f'{i}.png', 'instances': [{'polygon': polygon, 'text': 'AB'}]})
    (folder / 'annotation.json').write_text(json.dumps({'data_list': entries}))


@pytest.fixture(autouse=True)
def _mmocr_scope():
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


def run(*arguments: object) -> int:
    return tool.main([str(argument) for argument in (*arguments, '--device', 'cpu')])


def test_diagnose_context_untrained_gate_changes_no_word(folder, tmp_path, capsys):
    status = run(
        folder / 'context.py', folder / 'closed.safetensors',
        '--data', folder / 'data' / 'annotation.json', '--json', tmp_path / 'numbers.json',
        '--misleading', '4', '--plates', 'benchmark',
    )  # fmt: skip
    assert status == 0
    out = capsys.readouterr().out
    assert '42 words in 6 images' in out
    assert out.startswith('The gate is closed: context has no effect.')
    numbers = json.loads((tmp_path / 'numbers.json').read_text())
    assert numbers['gate'] == {'fusion.gate': 0.0}
    assert numbers['changed']['any']['words'] == 0
    assert numbers['misleading']['words'] == 4
    assert numbers['misleading']['on'] == numbers['misleading']['off']
    assert numbers['end_to_end'] is None


def test_diagnose_context_open_gate_fills_the_report(folder, tmp_path):
    words = tmp_path / 'words.txt'
    words.write_text('CAKE\nOPEN\n')
    status = run(
        folder / 'context.py', folder / 'open.safetensors',
        '--data', folder / 'data' / 'annotation.json', '--out', tmp_path / 'out',
        '--train-words', words, '--misleading', '0', '--page-words', '3',
    )  # fmt: skip
    assert status == 0
    numbers = json.loads((tmp_path / 'out' / 'diagnosis.json').read_text())
    assert numbers['changed']['any']['words'] > 0
    assert [group['name'] for group in numbers['groups']['vocabulary']] == [
        'in vocabulary', 'out of vocabulary',
    ]  # fmt: skip
    assert numbers['settings']['train_words'] == 2
    page = (tmp_path / 'out' / 'diagnosis.html').read_text()
    assert page.count('<img class="crop"') == 3
    assert '| context |' in (tmp_path / 'out' / 'diagnosis.md').read_text()


def test_diagnose_context_scores_a_spotting_config(folder, tmp_path):
    status = run(
        folder / 'spotting.py', folder / 'spotter.safetensors',
        '--data', folder / 'blocks' / 'annotation.json', '--json', tmp_path / 'numbers.json',
        '--misleading', '0',
    )  # fmt: skip
    assert status == 0
    scores = json.loads((tmp_path / 'numbers.json').read_text())['end_to_end']
    assert set(scores) == {'off', 'on', 'swapped', 'random_encoder', 'mean_token'}
    assert scores['off']['hmean']['value'] is not None
    assert scores['on']['hmean_over_off']['value'] is not None


def test_diagnose_context_spotter_finds_the_words(folder, tmp_path):
    status = run(
        folder / 'context.py', folder / 'closed.safetensors',
        '--data', folder / 'blocks' / 'annotation.json', '--json', tmp_path / 'numbers.json',
        '--misleading', '0', '--spotter', folder / 'spotting.py',
    )  # fmt: skip
    assert status == 0
    scores = json.loads((tmp_path / 'numbers.json').read_text())['end_to_end']
    assert scores['on']['hmean'] == scores['off']['hmean']


def test_end_to_end_restores_the_spotter(folder):
    from pipeline.analysis.context import diagnose, read_gt_images

    subject = load_subject(folder / 'spotting.py', folder / 'spotter.safetensors')
    spotter = subject.spotter
    detector, encoder = spotter.detector, spotter.recognizer.context_encoder
    photos = read_gt_images([folder / 'blocks' / 'annotation.json'])
    diagnose(subject, photos, misleading=0, resamples=10)
    assert spotter.detector is detector
    assert spotter.recognizer.context_encoder is encoder
    assert spotter.has_context


def test_diagnose_context_rejects_a_plain_recognizer(folder, tmp_path, capsys):
    config = tmp_path / 'plain.py'
    config.write_text("model = dict(type='PARSeq')\n")
    status = run(
        config, folder / 'closed.safetensors', '--data', folder / 'data' / 'annotation.json'
    )
    assert status == 2
    error = capsys.readouterr().err
    assert 'nothing to diagnose' in error
    assert 'Traceback' not in error


@pytest.mark.parametrize(
    ('config', 'weights', 'data'),
    [
        ('none.py', 'closed.safetensors', 'data/annotation.json'),
        ('context.py', 'none.safetensors', 'data/annotation.json'),
        ('context.py', 'closed.safetensors', 'data/none.json'),
    ],
)
def test_diagnose_context_names_a_missing_file(folder, capsys, config, weights, data):
    assert run(folder / config, folder / weights, '--data', folder / data) == 2
    assert 'none.' in capsys.readouterr().err.splitlines()[-1]


def test_read_word_list_reads_text_and_mmocr_json(folder, tmp_path):
    (tmp_path / 'words.txt').write_text('one\n\n two \n')
    assert tool.read_word_list(tmp_path / 'words.txt') == ['one', 'two']
    assert len(tool.read_word_list(folder / 'data' / 'annotation.json')) == 42
    (tmp_path / 'empty.txt').write_text('\n')
    with pytest.raises(ValueError, match='no words'):
        tool.read_word_list(tmp_path / 'empty.txt')
