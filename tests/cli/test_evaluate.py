"""``clipter evaluate`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
