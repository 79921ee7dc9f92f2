"""``clipter test`` on a spotter whose readings are known."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest
from toy_spotter import draw_photo, write_config

from pipeline.cli import test as tester
from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.evaluation.file_evaluation import LexiconChoice, evaluate_files
from pipeline.evaluation.scoring import ScoringRules

pytestmark = pytest.mark.filterwarnings('ignore')

REPOSITORY = Path(__file__).parents[2]
# Image -> drawn blocks, and gt words with their boxes.
PHOTOS = {
    'img_1': (
        [('k', (10, 10, 90, 34)), ('m', (100, 10, 180, 34))],
        [('k', (10, 10, 90, 34)), ('n', (100, 10, 180, 34)), ('z', (10, 60, 90, 84))],
    ),
    # A block whose left part is another letter: its own box is read m, the gold box k.
    'img_2': (
        [('k', (10, 10, 45, 34)), ('m', (45, 10, 90, 34)), ('q', (110, 50, 190, 80))],
        [('k', (10, 10, 70, 34)), ('###', (110, 50, 190, 80))],
    ),
    'img_10': ([], []),
}
CONFIG = """
_base_ = [{toy!r}, {base!r}]
test_dataloader = dict(num_workers=0, dataset=dict(data_root={root!r}, ann_file='words.json'))
test_evaluator = dict({evaluator})
"""


def write_photos(root: Path) -> None:
    """The images, MMOCR JSON, ICDAR ground truth, a weak lexicon."""
    (root / 'gt').mkdir(parents=True)
    samples = []
    for name, (blocks, words) in PHOTOS.items():
        cv2.imwrite(str(root / f'{name}.png'), draw_photo(*blocks))
        rings = [[(x1, y1), (x2, y1), (x2, y2), (x1, y2)] for _, (x1, y1, x2, y2) in words]
        lines = [
            ','.join(str(v) for point in ring for v in point) + f',{text}\n'
            for ring, (text, _) in zip(rings, words)
        ]
        (root / 'gt' / f'gt_{name}.txt').write_text(''.join(lines))
        instances = [
            spotting_instance(ring, text, text == '###') for ring, (text, _) in zip(rings, words)
        ]
        samples.append(
            {'img_path': f'{name}.png', 'height': 100, 'width': 200, 'instances': instances}
        )
    metainfo = {'dataset_type': 'TextSpottingDataset', 'task_name': 'textspotting'}
    (root / 'words.json').write_text(json.dumps({'metainfo': metainfo, 'data_list': samples}))
    (root / 'weak.txt').write_text('N\nK\n')


@pytest.fixture
def run(tmp_path, capsys):
    """Run the tool on the images with these entries of ``test_evaluator``."""
    root = tmp_path / 'photos'
    write_photos(root)

    def call(evaluator: str, *args: str) -> SimpleNamespace:
        base = REPOSITORY / 'configs' / '_base_' / 'spotting_test.py'
        text = CONFIG.format(
            toy=str(write_config(tmp_path)), base=str(base), root=str(root), evaluator=evaluator
        )
        (tmp_path / 'spot.py').write_text(text)
        work = tmp_path / 'work'
        report = tmp_path / 'numbers.json'
        status = tester.main(
            [str(tmp_path / 'spot.py'), '--work-dir', str(work), '--json', str(report), *args]
        )
        out, err = capsys.readouterr()
        numbers = json.loads(report.read_text()) if report.is_file() else {}
        return SimpleNamespace(
            status=status, out=out, err=err, numbers=numbers, root=root,
            submission=work / 'submission.zip',
        )  # fmt: skip

    return call


def test_test_prints_the_table_and_lost_words(run):
    result = run('')
    assert result.status == 0
    assert result.numbers['detection/recall'] == 3 / 4
    assert result.numbers['e2e/none_recall'] == 1 / 4
    assert result.numbers['e2e/none_precision'] == 1 / 3  # what lies on ### does not count
    lost = {key: n for key, n in result.numbers.items() if key.startswith('lost/')}
    assert lost == {
        'lost/read': 1,
        'lost/not_detected': 1,
        'lost/badly_cropped': 1,
        'lost/misread': 1,
        'lost/read_at_gt': 2,
    }
    assert result.numbers['photos_per_second'] > 0
    table = result.out[result.out.rindex('precision     recall') :]
    assert [line.split()[0] for line in table.splitlines()[1:4]] == [
        'e2e/none', 'spotting/none', 'detection',
    ]  # fmt: skip
    assert '1 (25.0%) not detected' in table
    assert f'submission: {result.submission}' in table


@pytest.mark.parametrize(
    ('evaluator', 'protocol'),
    [
        ("protocol='icdar2015'", 'icdar2015'),
        ("protocol='totaltext'", 'totaltext'),
        ("protocol='icdar2015', confidences=True", 'icdar2015'),
    ],
)
def test_test_submission_has_equal_scores(run, evaluator, protocol):
    lexicons = "lexicons=dict(weak='{}')"
    root_of_lexicon = run(evaluator).root / 'weak.txt'
    result = run(f'{evaluator}, {lexicons.format(root_of_lexicon)}')
    rules = ScoringRules(confidences='confidences' in evaluator)
    for level in ('none', 'weak'):
        lexicon = None if level == 'none' else LexiconChoice(str(root_of_lexicon), 'weak')
        files = evaluate_files(
            result.root / 'gt', result.submission, protocol, rules=rules, lexicon=lexicon
        )
        for key in ('precision', 'recall', 'hmean'):
            assert result.numbers[f'e2e/{level}_{key}'] == files['e2e'][key]
            assert result.numbers[f'spotting/{level}_{key}'] == files['spotting'][key]
        if 'confidences' in evaluator:
            assert result.numbers[f'e2e/{level}_ap'] == files['e2e']['ap'] > 0


def test_test_writes_boxes_for_box_ground_truth(run):
    result = run("protocol='icdar2013', line_format='ltrb'")
    with zipfile.ZipFile(result.submission) as archive:
        assert archive.read('res_img_1.txt').decode().splitlines() == [
            '10,10,90,34,k',
            '100,10,180,34,m',
        ]


def test_test_submission_has_a_file_per_photo(run):
    with zipfile.ZipFile(run('').submission) as archive:
        assert sorted(archive.namelist()) == ['res_img_1.txt', 'res_img_10.txt', 'res_img_2.txt']
        assert archive.read('res_img_10.txt') == b''


def test_test_names_a_missing_lexicon(run):
    evaluator = "lexicons=dict(weak='nowhere/weak.txt')"
    failed = run(evaluator)
    assert failed.status == 2
    assert 'nowhere/weak.txt' in failed.err
    assert '--no-lexicons' in failed.err
    assert run(evaluator, '--no-lexicons').numbers['e2e/none_recall'] == 1 / 4


def test_test_names_missing_annotations(run):
    result = run('', '--cfg-options', 'test_dataloader.dataset.ann_file=other.json')
    assert result.status == 2
    assert 'other.json' in result.err
    assert 'clipter prepare-dataset' in result.err
