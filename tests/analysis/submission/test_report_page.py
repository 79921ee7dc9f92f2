"""The HTML file of the report: its numbers, and that it needs no other file."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_files import CLOSING, NASTY, write_set

from pipeline.analysis.submission import render_page
from pipeline.cli import evaluate as tool
from pipeline.evaluation.file_evaluation import LexiconChoice, score_files
from pipeline.evaluation.scoring import TASKS, ScoringRules


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_set(tmp_path / 'set')


def run(data: Path, *more: str) -> tuple[int, str]:
    files = ['--gt', str(data / 'gt'), '--pred', str(data / 'pred'), '--protocol', 'icdar2015']
    report = data / 'report'
    status = tool.main([*files, '--report', str(report), *more])
    page = report / 'index.html'
    return status, page.read_text(encoding='utf-8') if page.exists() else ''


class Page(HTMLParser):
    """Elements with attributes, and the text of the page without scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._raw = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._raw += tag in ('script', 'style')

    def handle_endtag(self, tag: str) -> None:
        self._raw -= tag in ('script', 'style')

    def handle_data(self, data: str) -> None:
        if not self._raw:
            self.texts.append(data)

    def of(self, tag: str, class_name: str = '') -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and class_name in ['', *(attributes.get('class') or '').split()]
        ]


@pytest.mark.parametrize('task', TASKS)
def test_page_numbers_equal_the_json(data: Path, task: str) -> None:
    target = data / 'numbers.json'
    _, text = run(data, '--confidences', '--task', task, '--json', str(target))

    result = json.loads(target.read_text())
    for name in TASKS:
        for key in ('precision', 'recall', 'hmean', 'ap'):
            value = result[name][key]
            assert f'<span title="{value!r}">{value:.4f}</span>' in text
        counts = ''.join(f'<td>{result[name][key]}</td>' for key in ('matched', 'gt_care'))
        assert counts in text
    page = Page(text)
    assert len(page.of('g', 'matched')) == result['matched']
    assert len(page.of('g', 'misread')) + len(page.of('g', 'missed')) == (
        result['gt_care'] - result['matched']
    )
    hmeans = {panel['data-name']: panel['data-hmean'] for panel in page.of('article')}
    assert hmeans == {name: repr(photo['hmean']) for name, photo in result['per_image'].items()}


def test_page_sorts_images_by_errors_then_name(data: Path) -> None:
    _, text = run(data, '--confidences')

    panels = Page(text).of('article')
    assert [(p['data-name'], p['data-errors']) for p in panels] == [
        ('1', '3'), ('2', '2'), ('10', '1'), ('11', '0'),
    ]  # fmt: skip


def test_page_draws_and_lists_every_word(data: Path) -> None:
    _, text = run(data, '--confidences')

    page = Page(text)
    kinds = ('matched', 'missed', 'misread', 'spurious', 'dont_care')
    drawn = {kind: len(page.of('g', kind)) for kind in kinds}
    assert drawn == {'matched': 4, 'missed': 2, 'misread': 3, 'spurious': 1, 'dont_care': 1}
    assert {kind: len(page.of('tr', kind)) for kind in kinds} == drawn
    assert '2. misread\nground truth: CAFE\npredicted: CASE' in page.texts
    for told in ('matched 4', 'missed 2', 'misread 3', 'spurious 1', "don't care 1"):
        assert told in page.texts, 'the legend'


def test_page_escapes_texts(data: Path) -> None:
    _, text = run(data, '--confidences')

    page = Page(text)
    assert len(page.of('script')) == 1
    assert not any(attributes.get('src') == 'x' for attributes in page.of('img'))
    assert NASTY in page.texts and CLOSING in page.texts
    assert NASTY not in text and CLOSING not in text


def test_page_loads_no_other_file(data: Path) -> None:
    _, text = run(data, '--confidences')

    page = Page(text)
    assert len(page.of('img')) == 4
    for tag, attributes in page.elements:
        for name in ('src', 'href', 'srcset', 'action', 'data', 'poster'):
            address = attributes.get(name)
            assert address is None or address.startswith('data:'), (tag, name, address)
    style = text[text.index('<style>') : text.index('</style>')]
    assert 'url(' not in style and '@import' not in style
    assert not re.search(r'https?://', text)


def test_page_draws_at_most_report_photos(data: Path) -> None:
    _, text = run(data, '--confidences', '--report-photos', '2')

    page = Page(text)
    assert [panel['data-name'] for panel in page.of('article')] == ['1', '2']
    assert 'The 2 images with the most errors of 4 are drawn' in text
    assert 'All 4 images in numbers' in text
    assert 'matched 4' in page.texts, 'the legend counts all images'


def test_page_curve_requires_confidences(tmp_path: Path) -> None:
    without = write_set(tmp_path / 'without', confidences=False)
    carried = write_set(tmp_path / 'with')

    _, plain = run(without)
    _, curved = run(carried, '--confidences')

    assert 'A curve requires a confidence' in plain
    assert not Page(plain).of('polyline', 'task-line') and len(Page(plain).of('svg', 'curve')) == 1
    assert 'A curve requires a confidence' not in curved
    assert len(Page(curved).of('polyline', 'task-line')) == len(TASKS)
    # 0.9 EXIT, 0.8 markup, 0.7 CASE is wrong: two of three predictions, two of nine gt words.
    two_of_three = f'precision {2 / 3!r}\nrecall {2 / 9!r}\nhmean {1 / 3!r}'
    labels = [label for label in Page(curved).texts if label.startswith('confidence at least 0.7')]
    assert labels == [f'confidence at least 0.7\n{two_of_three}']


def test_page_without_images_uses_a_plain_background(tmp_path: Path) -> None:
    data = write_set(tmp_path / 'set', photos=False)

    status, text = run(data, '--confidences')

    page = Page(text)
    assert status == 0
    assert not page.of('img') and len(page.of('div', 'plain')) == 4
    assert '4 images of 4 could not be shown' in text and '--images DIR' in text
    frames = [svg['viewbox'] for svg in page.of('svg') if 'preserveaspectratio' in svg]
    x, y, width, height = map(float, (frames[0] or '').split())
    assert x < 10 and y < 10 and x + width > 390 and y + height > 110


def test_page_finds_images_in_images_dir(data: Path, tmp_path: Path) -> None:
    (data / 'images').rename(tmp_path / 'photos')
    (tmp_path / 'photos' / 'img_1.jpg').write_bytes(b'broken')

    _, text = run(data, '--confidences', '--images', str(tmp_path / 'photos'))

    assert len(Page(text).of('img')) == 3
    assert 'img_1.jpg: not an image that can be read' in text
    with pytest.raises(SystemExit):
        run(data, '--images', str(tmp_path / 'nowhere'))


def test_settings_list_contains_all_settings(tmp_path: Path) -> None:
    data = write_set(tmp_path / 'set', confidences=False)
    words = tmp_path / 'words.txt'
    words.write_text('EXIT\nSHOP\nCAFE\nRIGHT\n')
    lexicon = LexiconChoice(str(words), 'weak', 'testr')
    rules = ScoringRules(iou=0.6, reject_empty_gt=True)

    evaluation = score_files(data / 'gt', data / 'pred', 'icdar2015', 'e2e', rules, lexicon)
    told = ' '.join(Page(render_page(evaluation)).texts)

    assert evaluation.dropped == 5
    for expected in (
        'ICDAR 2015', 'end-to-end', 'more than 0.6', 'weak, from words.txt; rule testr; 5 ',
        'as the lexicon corrected them',
    ):  # fmt: skip
        assert expected in told


def test_page_of_a_set_without_words(tmp_path: Path) -> None:
    for name in ('gt', 'pred'):
        (tmp_path / name).mkdir()
    (tmp_path / 'gt' / 'gt_img_1.txt').write_text('')

    status, text = run(tmp_path, '--confidences')

    assert status == 0
    assert 'No ground-truth and no predicted words.' in text
    assert 'Without predictions the curve is empty.' in text


def test_evaluate_json_stdout_stays_json_with_a_report(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(data, '--confidences', '--json', '-')
    assert json.loads(capsys.readouterr().out)['calculated'] is True

    run(data, '--confidences')
    assert f'report: {data / "report" / "index.html"}' in capsys.readouterr().out


def test_evaluate_reports_an_unwritable_report(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / 'report').write_text('a file')

    status = tool.main(
        ['--gt', str(data / 'gt'), '--pred', str(data / 'pred'), '--protocol', 'icdar2015',
         '--confidences', '--report', str(data / 'report')]
    )  # fmt: skip

    assert status == 2
    assert 'the report cannot be written' in capsys.readouterr().err


def test_evaluate_writes_no_page_for_a_rejected_submission(data: Path) -> None:
    (data / 'pred' / 'res_img_1.txt').write_text('1,2,3\n')

    status, text = run(data, '--confidences')

    assert status == 2 and text == ''
