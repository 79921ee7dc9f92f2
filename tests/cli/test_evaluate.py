"""``clipter evaluate`` as a user runs it."""

from __future__ import annotations

import json
import string
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from golden_cases import GOLDEN, REPOSITORY, read_case

from pipeline.cli import evaluate as tool

TOOL = REPOSITORY / 'tools' / 'evaluate.py'


def arguments(case: str, protocol: str, *more: str) -> list[str]:
    folder = GOLDEN / case
    files = ['--gt', str(folder / 'gt'), '--pred', str(folder / 'pred')]
    return [*files, '--protocol', protocol, *more]


def test_evaluate_json_to_stdout_prints_only_json(capsys: pytest.CaptureFixture[str]) -> None:
    expected = read_case(GOLDEN / 'quad_confidence_ap')['runs'][0]

    status = tool.main(arguments('quad_confidence_ap', 'icdar2015', '--confidences', '--json', '-'))

    result = json.loads(capsys.readouterr().out)
    assert status == 0
    assert result['ap'] == pytest.approx(expected['metrics']['AP'], abs=1e-9)
    assert set(result['per_image']) == set(expected['per_sample'])
    assert {'precision', 'recall', 'hmean', 'matched', 'gt_care', 'det_care'} <= set(
        result['detection']
    )


def test_evaluate_table_names_the_lexicon_and_rule(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lexicon = GOLDEN / 'lexicon_totaltext_full' / 'lexicons' / 'tt_pair_list.txt'
    more = ['--lexicon', str(lexicon), '--lexicon-level', 'full', '--task', 'spotting']
    target = tmp_path / 'numbers.json'

    status = tool.main(
        arguments('lexicon_totaltext_full', 'totaltext', *more, '--json', str(target))
    )

    result = json.loads(target.read_text())
    assert status == 0
    assert 'full lexicon, rule adelaidet' in capsys.readouterr().out
    assert result['lexicon']['rule'] == 'adelaidet'
    assert result['hmean'] == pytest.approx(0.8354430379746837, abs=1e-9)


def test_evaluate_reports_a_bad_submission(tmp_path: Path) -> None:
    (tmp_path / 'res_img_1.txt').write_text('1.5,2,3,4,5,6,7,8,word\n')
    gt = GOLDEN / 'submission_format_errors' / 'gt'
    files = ['--gt', str(gt), '--pred', str(tmp_path)]

    done = subprocess.run(
        [sys.executable, str(TOOL), *files, '--protocol', 'icdar2015', '--json', '-'],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={'PYTHONPATH': str(REPOSITORY), 'PATH': ''},
        check=False,
    )

    assert done.returncode == 2
    assert 'res_img_1.txt, line 1: wanted' in done.stderr
    assert 'Traceback' not in done.stderr
    assert json.loads(done.stdout)['calculated'] is False


def test_evaluate_lexicon_requires_a_level() -> None:
    with pytest.raises(SystemExit) as error:
        tool.main(arguments('quad_perfect', 'icdar2015', '--lexicon', 'words.txt'))

    assert error.value.code == 2


POINT_RUNS = [
    (run['settings']['word_spotting'], row['conf_thres'], 'points-spts', row)
    for run in read_case(GOLDEN / 'point_metric_spts')['runs']
    if run['run'].startswith('spts') and run['settings']['lexicon_rule'] is None
    for row in run['per_threshold']
] + [
    (
        run['settings']['word_spotting'],
        run['settings']['text_score_thrs']['start'],
        'points-mmocr',
        run['metrics'],
    )
    for run in read_case(GOLDEN / 'point_metric_spts')['runs']
    if run['run'].startswith('mmocr') and 'text_score_thrs' in run['settings']
]


@pytest.mark.parametrize(('spotting', 'min_score', 'protocol', 'expected'), POINT_RUNS)
def test_evaluate_scores_points_as_spts_and_mmocr(
    capsys: pytest.CaptureFixture[str],
    spotting: bool,
    min_score: float,
    protocol: str,
    expected: dict,
) -> None:
    more = ['--task', 'spotting' if spotting else 'e2e', '--min-score', str(min_score)]

    status = tool.main(arguments('point_metric_spts', protocol, *more, '--json', '-'))

    result = json.loads(capsys.readouterr().out)
    assert status == 0
    for key in ('precision', 'recall', 'hmean'):
        assert result[key] == pytest.approx(expected[key], abs=1e-9)
    assert 'detection' not in result


def test_evaluate_corrects_points_by_the_spts_lexicon_rule(
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = GOLDEN / 'point_metric_spts'
    runs = {run['run']: run for run in read_case(case)['runs']}
    lexicon = ['--lexicon', str(case / 'lexicons' / 'pair.txt'), '--lexicon-rule', 'spts']
    for name, level in (('type1', 'weak'), ('type0', 'generic')):
        for row in runs[f'spts_point_wsFalse_lexicon_{name}']['per_threshold']:
            more = [*lexicon, '--lexicon-level', level, '--min-score', str(row['conf_thres'])]

            tool.main(arguments(case.name, 'points-spts', *more, '--json', '-'))

            result = json.loads(capsys.readouterr().out)
            counts = (result['matched'], result['gt_care'], result['det_care'])
            assert counts == (row['ntp'], row['ngt'], row['ndet'])


def test_evaluate_matches_maximum_as_mmocr(capsys: pytest.CaptureFixture[str]) -> None:
    case = GOLDEN / 'detection_iou_mmocr_hmean'
    runs = [
        run
        for run in read_case(case)['runs']
        if run['settings'].get('strategy') == 'max_matching'
        and 'pred_score_thrs' in run['settings']
    ]
    assert runs
    for run in runs:
        least = str(run['settings']['pred_score_thrs']['start'])
        more = ['--confidences', '--min-score', least, '--matching', 'maximum']

        tool.main(arguments(case.name, 'icdar2015', *more, '--task', 'detection', '--json', '-'))

        result = json.loads(capsys.readouterr().out)
        for key, value in run['metrics'].items():
            assert result[key] == pytest.approx(value, abs=1e-9)


def write_weighted_case(folder: Path, items: list[dict]) -> None:
    """One image per item: its text as prediction, the word of the reference as ground truth."""
    for name in ('gt', 'pred', 'lexicons', 'scores'):
        (folder / name).mkdir()
    for number, item in enumerate(items, start=1):
        box = '10,10,90,10,90,34,10,34,'
        (folder / 'gt' / f'gt_img_{number}.txt').write_text(box + item['weighted']['word'])
        (folder / 'pred' / f'res_img_{number}.txt').write_text(box + item['rec'])
        pairs = '\n'.join(f'{word} {word.capitalize()}' for word in item['lexicon'])
        (folder / 'lexicons' / f'pair_voc_img_{number}.txt').write_text(pairs)
        np.savez(
            folder / 'scores' / f'res_img_{number}.npz',
            characters=string.digits + string.ascii_lowercase,
            word_0=np.array(item['scores']),
        )


def test_evaluate_weights_edits_as_mask_textspotter(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    items = read_case(GOLDEN / 'lexicon_weighted_edit_distance')['runs'][0]['items']
    write_weighted_case(tmp_path, items)
    files = ['--gt', str(tmp_path / 'gt'), '--pred', str(tmp_path / 'pred')]
    lexicon = ['--lexicon', str(tmp_path / 'lexicons'), '--lexicon-level', 'strong']
    command = [*files, '--protocol', 'icdar2015', *lexicon, '--lexicon-rule', 'mask-textspotter']
    matched = {}
    for name, more in (('plain', []), ('weighted', ['--char-scores', str(tmp_path / 'scores')])):
        assert tool.main([*command, *more, '--json', '-']) == 0
        matched[name] = json.loads(capsys.readouterr().out)['matched']

    # The rule drops words at a distance of 1.5 and more.
    near = [item for item in items if item['weighted']['dist'] < 1.5]
    plain = [
        item
        for item in items
        if item['plain']['dist'] < 1.5 and item['plain']['word'] == item['weighted']['word']
    ]
    assert matched == {'plain': len(plain), 'weighted': len(near)}
    assert matched['weighted'] > matched['plain']


def test_evaluate_rejects_char_scores_that_do_not_fit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    items = read_case(GOLDEN / 'lexicon_weighted_edit_distance')['runs'][0]['items'][:2]
    write_weighted_case(tmp_path, items)
    files = ['--gt', str(tmp_path / 'gt'), '--pred', str(tmp_path / 'pred')]
    lexicon = ['--lexicon', str(tmp_path / 'lexicons'), '--lexicon-level', 'strong']
    command = [
        *files,
        '--protocol',
        'icdar2015',
        *lexicon,
        '--char-scores',
        str(tmp_path / 'scores'),
    ]

    assert tool.main(command) == 2
    assert 'mask-textspotter' in capsys.readouterr().err
    np.savez(tmp_path / 'scores' / 'res_img_1.npz', word_0=np.ones((36, 4)))
    assert tool.main([*command, '--lexicon-rule', 'testr']) == 2
    assert 'res_img_1.npz: wanted characters' in capsys.readouterr().err
    (tmp_path / 'scores' / 'res_img_1.npz').unlink()
    assert tool.main([*command, '--lexicon-rule', 'testr']) == 2
    assert 'character scores of image 1' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        (['--task', 'detection'], 'points have no task detection'),
        (['--pred', str(GOLDEN / 'point_metric_spts' / 'gt')], 'wanted x,y,confidence'),
    ],
)
def test_evaluate_rejects_what_is_not_a_point(
    capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert tool.main(arguments('point_metric_spts', 'points-spts', *more)) == 2
    assert message in capsys.readouterr().err


def test_evaluate_min_score_requires_confidences(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(arguments('quad_perfect', 'icdar2015', '--min-score', '0.5')) == 2
    assert 'min_score requires' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('protocol', 'more', 'message'),
    [
        ('points-spts', ['--iou', '0.7', '--matching', 'maximum'], 'leave --iou, --matching out'),
        ('points-mmocr', ['--confidences'], 'leave --confidences out'),
        ('icdar2015', ['--lexicon-rule', 'testr'], 'give --lexicon PATH too'),
        ('icdar2015', ['--report-photos', '3'], 'give --report DIR too'),
    ],
)
def test_evaluate_rejects_options_without_effect(
    capsys: pytest.CaptureFixture[str], protocol: str, more: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match='2'):
        tool.main(arguments('point_metric_spts', protocol, *more))
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('name', ['scene.json', 'results.jsonl', 'results.csv'])
def test_evaluate_of_other_results_names_the_command(tmp_path: Path, capsys, name: str) -> None:
    (tmp_path / name).write_text('{}')
    line = arguments('quad_perfect', 'icdar2015')
    line[3] = str(tmp_path)
    assert tool.main(line) == 2
    assert 'clipter infer PHOTOS --format icdar --out' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('path', 'level'),
    [
        ('lexicons/strong', 'strong'),
        ('ch4_test_vocabularies_per_image.zip', 'strong'),
        ('ch4_test_vocabulary.txt', 'weak'),
        ('weak.txt', 'weak'),
        ('GenericVocabulary.txt', 'generic'),
        ('weak_generic.txt', None),
        ('words.txt', None),
    ],
)
def test_lexicon_level_is_that_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, level: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path('lexicons/strong').mkdir(parents=True)
    assert tool.lexicon_level(path) == level


def test_evaluate_asks_for_an_unknown_lexicon_level(capsys) -> None:
    with pytest.raises(SystemExit, match='2'):
        tool.parse_args([*arguments('quad_perfect', 'icdar2015'), '--lexicon', 'words.txt'])
    (line,) = capsys.readouterr().err.splitlines()
    assert 'give its --lexicon-level, one of strong, weak, generic, full' in line
