from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from pipeline.evaluation.file_evaluation import evaluate_files
from pipeline.evaluation.polygon_lines import parse_polygon_line
from pipeline.evaluation.protocols import load_words
from pipeline.evaluation.submission import SubmissionError, read_gt, read_predictions
from pipeline.evaluation.totaltext_files import read_totaltext_gt, read_totaltext_predictions
from pipeline.evaluation.words import Words
from pipeline.io.line_format import parse_line
from pipeline.io.submission_lines import polygon_line, quad_line, submission_quad

QUAD_LINE = '10,10,110,10,110,40,10,40,'


@pytest.mark.parametrize(
    ('rest', 'text', 'reason'),
    [
        ('hello', 'hello', 'plain'),
        ('5,000', '5,000', 'commas belong to the text'),
        (' hello ', ' hello ', 'blanks stay'),
        ('', '', 'empty'),
        ('"hello"', 'hello', 'quotes go'),
        (' "hello" ', 'hello', 'with the blanks around them'),
        (r'"a\"b"', 'a"b', 'a quote inside is escaped'),
        (r'"a\\b"', r'a\b', 'and so is a backslash'),
        ('"###"', '###', 'so a quoted mark is a mark'),
        ('"half', '"half', 'one quote is a quote'),
    ],
)
def test_parse_line_text_is_the_rest_of_the_line(rest: str, text: str, reason: str) -> None:
    assert parse_line(QUAD_LINE + rest, 'quad').text == text, reason


@pytest.mark.parametrize(
    ('line', 'kind', 'confident', 'wanted'),
    [
        ('1,2,3,word', 'ltrb', False, 'xmin,ymin,xmax,ymax,transcription'),
        ('9,2,3,4,word', 'ltrb', False, 'xmin <= xmax'),
        ('1,2,-3,4,word', 'ltrb', False, 'xmin,ymin,xmax,ymax'),
        ('   ', 'quad', False, 'x1,y1,x2,y2,x3,y3,x4,y4,transcription'),
        (QUAD_LINE + 'word', 'quad', True, 'confidence,transcription'),
        (QUAD_LINE + '0x5,word', 'quad', True, 'number as confidence'),
        (QUAD_LINE + '2.5,word', 'quad', True, 'confidence,transcription'),
    ],
)
def test_parse_line_reports_the_expected_layout(
    line: str, kind: str, confident: bool, wanted: str
) -> None:
    with pytest.raises(ValueError, match=wanted.replace('.', r'\.')):
        parse_line(line, kind, confident)  # type: ignore[arg-type]


def test_parse_line_rejects_huge_coordinates() -> None:
    with pytest.raises(ValueError, match='wanted coordinates of at most 15 digits, got 400'):
        parse_line('9' * 400 + ',0,9,0,9,9,0,9,word', 'quad')


def test_parse_line_reads_boxes_and_confidences() -> None:
    word = parse_line('-1,2,30,40,0.75,word', 'ltrb', with_confidence=True)

    assert word.confidence == 0.75
    np.testing.assert_array_equal(word.polygon, [[-1, 2], [30, 2], [30, 40], [-1, 40]])


def test_load_words_icdar2013_reads_boxes_or_quads(tmp_path: Path) -> None:
    for kind, line in (('boxes', '10,10,110,40,word\n'), ('quads', QUAD_LINE + 'word\n')):
        for name in ('gt', 'res'):
            (tmp_path / kind / name).mkdir(parents=True)
            (tmp_path / kind / name / f'{name}_img_1.txt').write_text(line)

        gt, det = load_words(tmp_path / kind / 'gt', tmp_path / kind / 'res', 'icdar2013')

        assert gt['1'].texts == det['1'].texts == ['word']


def test_read_gt_reads_images_with_names(tmp_path: Path) -> None:
    (tmp_path / 'gt').mkdir()
    (tmp_path / 'res').mkdir()
    (tmp_path / 'gt' / 'gt_00_08.txt').write_text(QUAD_LINE + 'word\n')
    (tmp_path / 'res' / 'res_00_08.txt').write_text(QUAD_LINE + 'ward\n')

    gt = read_gt(tmp_path / 'gt')

    assert read_predictions(tmp_path / 'res', gt)['00_08'].texts == ['ward']


@pytest.mark.parametrize(
    ('gt_name', 'det_name', 'key'),
    [
        ('sign', 'sign', 'sign'),
        ('gt_sign', 'sign', 'sign'),
        ('sign', 'res_sign', 'sign'),
        ('img_7', 'res_img_7', 'img_7'),
        ('gt_7', 'res_7', '7'),
        ('7', '7', '7'),
    ],
)
def test_load_words_pairs_files_without_prefix(
    gt_name: str, det_name: str, key: str, tmp_path: Path
) -> None:
    for folder, name in (('gt', gt_name), ('res', det_name)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f'{name}.txt').write_text(QUAD_LINE + 'word\n')

    gt, det = load_words(tmp_path / 'gt', tmp_path / 'res', 'icdar2015')

    assert gt[key].texts == det[key].texts == ['word']


def test_read_predictions_rejects_files_of_no_image(tmp_path: Path) -> None:
    (tmp_path / 'sign.txt').write_text(QUAD_LINE + 'word\n')
    (tmp_path / 'notes.txt').write_text('no words\n')

    with pytest.raises(SubmissionError, match=r'notes.txt: wanted file names like res_NAME\.txt'):
        read_predictions(tmp_path, {'sign': Words()})


def test_read_predictions_leaves_out_the_pictures_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / 'res_img_1.txt').write_text(QUAD_LINE + 'word\n')
    (tmp_path / 'img_1.png').write_bytes(b'picture')

    assert list(read_predictions(tmp_path, {'1': Words()})) == ['1']
    (tmp_path / 'res_img_1.txt').unlink()
    with pytest.raises(SubmissionError, match='got only pictures'):
        read_predictions(tmp_path, {'1': Words()})


def write_gt_json(folder: Path, *names: str) -> Path:
    words = [
        {'polygon': [10, 10, 110, 10, 110, 40, 10, 40], 'text': 'word', 'ignore': False},
        {'polygon': [120, 10, 150, 10, 150, 40], 'text': '###', 'ignore': True},
    ]
    images = [{'img_path': name, 'instances': words} for name in names]
    folder.mkdir(exist_ok=True)
    (folder / 'textspotting.json').write_text(json.dumps({'data_list': images}))
    return folder


def test_load_words_reads_the_gt_of_an_mmocr_json(tmp_path: Path) -> None:
    folder = write_gt_json(tmp_path / 'own', 'images/1.jpg', 'images/a:b.jpg')
    (tmp_path / 'res').mkdir()
    for name in ('1', 'a_b'):
        (tmp_path / 'res' / f'res_{name}.txt').write_text(QUAD_LINE + 'word\n')

    for path in (folder, folder / 'textspotting.json'):
        gt, det = load_words(path, tmp_path / 'res', 'icdar2015')

        assert list(gt) == list(det) == ['1', 'a_b']
        assert gt['1'].texts == ['word', '###']
        assert gt['1'].dont_care().tolist() == [False, True]
        assert [len(polygon) for polygon in gt['1'].polygons] == [4, 3]
    assert evaluate_files(folder, tmp_path / 'res', 'icdar2015')['hmean'] == 1


def test_gt_files_precede_the_mmocr_json_of_their_folder(tmp_path: Path) -> None:
    folder = write_gt_json(tmp_path / 'gt', 'a.jpg')
    (folder / 'gt_b.txt').write_text(QUAD_LINE + 'word\n')
    (tmp_path / 'res').mkdir()

    assert list(load_words(folder, tmp_path / 'res', 'icdar2015')[0]) == ['b']


def test_read_gt_json_rejects_other_content_and_equal_names(tmp_path: Path) -> None:
    same = write_gt_json(tmp_path / 'same', 'x/a.jpg', 'y/a.jpg')
    with pytest.raises(SubmissionError, match="different names, got two of 'a'"):
        load_words(same, tmp_path, 'icdar2015')
    for text in ('[]', '{', '{"data_list": [{"img_path": "a.jpg", "instances": [{}]}]}'):
        (same / 'textspotting.json').write_text(text)
        with pytest.raises(SubmissionError, match='wanted an MMOCR JSON with the polygon and text'):
            load_words(same, tmp_path, 'icdar2015')


def write_sets(root: Path, gt: str, det: str) -> tuple[Path, Path]:
    for name, lines in (('gt', gt), ('res', det)):
        (root / name).mkdir()
        (root / name / f'{name}_img_1.txt').write_text(lines)
    return root / 'gt', root / 'res'


@pytest.mark.parametrize(
    ('rest', 'looks', 'advice'),
    [
        ('0.95,HELLO', 'begin with a confidence', '--confidences reads such lines'),
        ('1,HELLO', 'begin with a confidence', '--confidences reads such lines'),
        ('9.5e-01,HELLO', 'begin with a confidence', '--confidences reads such lines'),
        ('60,40,10,40,HELLO', 'begin with coordinates,', '--protocol totaltext reads such lines'),
        ('60,40,HELLO', 'begin with coordinates,', '--protocol totaltext reads such lines'),
        ('9,8,0.9,HI', 'begin with coordinates and a', '--protocol totaltext --confidences reads'),
        ('Latin,HELLO', 'begin with the name of a script', 'Remove the script'),
        ('HELLO,0.95', 'end with a confidence', 'that precede the transcription'),
    ],
)
def test_load_words_warns_once_of_shifted_fields(
    rest: str, looks: str, advice: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gt, det = write_sets(tmp_path, f'{QUAD_LINE}HELLO\n', f'{QUAD_LINE}{rest}\n' * 3)

    assert load_words(gt, det, 'icdar2015')[1]['1'].texts == [rest] * 3
    assert len(caplog.records) == 1
    message = caplog.records[0].getMessage()
    assert f'3 of 3 transcriptions {looks}' in message
    assert f"The first is '{rest}' in res/res_img_1.txt, line 1" in message
    assert advice in message


def test_load_words_warns_of_shifted_fields_in_gt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gt, det = write_sets(tmp_path, f'{QUAD_LINE}0.9,HELLO\n', f'{QUAD_LINE}HELLO\n')

    load_words(gt, det, 'icdar2015')

    assert [record.getMessage().count('Remove the conf') for record in caplog.records] == [1]


@pytest.mark.parametrize('words', [['5,000', '1,000,000', 'a'], ['1,5', 'HELLO', 'a'], [], ['0.5']])
def test_load_words_does_not_warn_of_numbers(
    words: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ''.join(f'{QUAD_LINE}{word}\n' for word in words)

    load_words(*write_sets(tmp_path, lines, lines), 'icdar2015')

    assert not caplog.records


def test_parse_polygon_line_names_the_option_for_confidences() -> None:
    with pytest.raises(ValueError, match='--confidences'):
        parse_polygon_line('0,0,9,0,9,9,0.9,####word')


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('missing', 'no such folder or zip archive'),
        ('file.txt', 'wanted a folder or a zip'),
        ('empty', 'clipter prepare-dataset own converts the files of annotation tools'),
    ],
)
def test_read_gt_rejects_a_path_without_ground_truth(
    name: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / 'file.txt').write_text('no archive')
    (tmp_path / 'empty').mkdir()

    with pytest.raises(SubmissionError, match=f'{name}: .*{message}'):
        read_gt(tmp_path / name)


def test_read_gt_rejects_a_folder_without_ground_truth(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r'wanted files named gt_img_N\.txt'):
        read_gt(tmp_path)


@pytest.mark.parametrize(
    ('line', 'points', 'text'),
    [
        ('0,0,9,0,9,9,####a,b', 3, 'a,b'),
        ('0.5,0,9,0,9,9,0,9,####"Bar"', 4, 'Bar'),
        ('0,0,9,0,9,9,0,9,word', 4, 'word'),
        ('0,0,9,0,9,9,0,9,1984', 4, '1984'),
        ('0,0,9,0,9,9,0,9', 4, ''),
        ('0,0,9,0,9,9,####', 3, ''),
    ],
)
def test_parse_polygon_line_reads_both_layouts(line: str, points: int, text: str) -> None:
    word = parse_polygon_line(line)

    assert (len(word.polygon), word.text) == (points, text)


@pytest.mark.parametrize(
    'line',
    ['0,0,9,0,####two points', '0,0,9,0,9,####odd', '0,0,x,0,9,9,####a', '0,0,nan,0,9,9', ' '],
)
def test_parse_polygon_line_rejects_bad_lines(line: str) -> None:
    with pytest.raises(ValueError, match='wanted x1,y1'):
        parse_polygon_line(line)


def test_parse_polygon_line_reads_confidences() -> None:
    word = parse_polygon_line('0,0,9,0,9,9,0.5,####word', with_confidence=True)

    assert (word.confidence, word.text, len(word.polygon)) == (0.5, 'word', 3)


def test_read_totaltext_gt_reads_published_files(tmp_path: Path) -> None:
    (tmp_path / 'poly_gt_img7.txt').write_text(
        "x: [[206 251 386\n 542]], y: [[633 811 931 946]], ornt: [u'c'], "
        "transcriptions: [u'PETRO, \\u00e9']\n"
        "x: [[1 2 3]], y: [[4 5 9]], ornt: [u'#'], transcriptions: [u'#']\n"
    )
    rows = np.empty((2, 6), dtype=object)
    rows[0] = ['x:', [[1, 9, 9, 1]], 'y:', [[1, 1, 5, 5]], "Joe's", 'h']
    rows[1] = ['x:', [[1, 9, 9, 1]], 'y:', [[1, 1, 5, 5]], '#', '#']
    savemat(tmp_path / 'poly_gt_img8.mat', {'polygt': rows})

    gt = read_totaltext_gt(tmp_path)

    assert gt['7'].texts == ['PETRO, é', '###']
    np.testing.assert_array_equal(gt['7'].polygons[0][-1], [542, 946])
    assert gt['8'].texts == ["Joe's", '###']
    np.testing.assert_array_equal(gt['8'].polygons[0], [[1, 1], [9, 1], [9, 5], [1, 5]])


def test_read_totaltext_predictions_ignores_leading_zeros(tmp_path: Path) -> None:
    (tmp_path / 'gt').mkdir()
    (tmp_path / 'det').mkdir()
    (tmp_path / 'gt' / '0000007.txt').write_text('0,0,9,0,9,9,####word\n')
    (tmp_path / 'det' / 'img7.txt').write_text('0,0,9,0,9,9,word\n')
    gt = read_totaltext_gt(tmp_path / 'gt')

    assert read_totaltext_predictions(tmp_path / 'det', gt)['0000007'].texts == ['word']
    (tmp_path / 'det' / 'img8.txt').write_text('')
    with pytest.raises(SubmissionError, match='image 8'):
        read_totaltext_predictions(tmp_path / 'det', gt)


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('1.mat', b'no matlab'),
        ('1.txt', b"x: [[1 2 3]], y: [[3 4 5]], ornt: [u'c'], transcriptions: ["),
        ('1.txt', b"x: [[1 2 3]], y: [[3 4]], ornt: [u'c'], transcriptions: [u'a']"),
    ],
)
def test_read_totaltext_gt_rejects_broken_files(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SubmissionError, match=name.replace('.', r'\.')):
        read_totaltext_gt(tmp_path)


@pytest.mark.parametrize('text', ['word', '5,000', '"quoted"', ' "a" b"', 'tab\tend ', ''])
def test_quad_line_is_restored_by_parse_line(text: str) -> None:
    quad = np.array([[10, 10], [110, 12], [108, 40], [9, 38]])

    word = parse_line(quad_line(quad, text, confidence=0.5), 'quad', with_confidence=True)

    assert (word.text, word.confidence) == (text, 0.5)
    np.testing.assert_array_equal(word.polygon, quad)


def test_quad_line_replaces_line_breaks() -> None:
    assert '\n' not in quad_line(np.eye(3, 2) * 50, 'two\nlines')
    assert polygon_line(np.array([[0, 0], [9, 0.5], [9, 9]]), 'a\nb') == (
        '0.00,0.00,9.00,0.50,9.00,9.00,####a b'
    )


def test_submission_quad_is_clockwise() -> None:
    turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ellipse = np.stack([60 + 50 * np.cos(turns), 40 + 20 * np.sin(turns)], axis=1)
    for polygon in (ellipse, ellipse[::-1], ellipse[::3], ellipse[::-3]):
        parse_line(quad_line(polygon, 'word'), 'quad')  # refuses what is not clockwise

        quad = submission_quad(polygon)

        assert quad.shape == (4, 2)
        np.testing.assert_array_equal(quad, np.rint(quad))


@pytest.mark.parametrize('polygon', [np.zeros((2, 2)), np.zeros(8), np.full((4, 2), np.nan)])
def test_submission_quad_rejects_invalid_polygons(polygon: np.ndarray) -> None:
    with pytest.raises(ValueError, match='polygon must be'):
        submission_quad(polygon)
