"""The first command of a new user: read an image with the default weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from pipeline import TextSpotter
from pipeline.cli import infer
from pipeline.detection.detections import Detections
from pipeline.geometry import polygon_area, polygon_shape
from pipeline.geometry.neighbors import join_words
from pipeline.onnx.spotter import OnnxTextSpotter
from pipeline.spotter import DEFAULT_CONFIG

BOX = (220, 150, 360, 210)
REPOSITORY = Path(__file__).parents[2]
SCENE = REPOSITORY / 'data/demo/scene.jpg'
DEMO_WORDS = [
    *('ROSA', 'BAKERY', 'Fresh', 'Bread', 'OPEN', 'MON', 'SAT', '9:30', '18:00'),
    *('CAFÉ', 'LUNA', 'ESPRESSO', 'BAR', 'Soup', '€4.50', 'Salad', '€6.20'),
    *('BOOKS', 'SALE', 'PARKING'),
]


@pytest.fixture(scope='module')
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A word as clear as a sign's."""
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 32)
    image = Image.new('RGB', (640, 400), (235, 235, 225))
    ImageDraw.Draw(image).text((BOX[0], BOX[1]), 'HELLO', (30, 30, 60), font)
    path = tmp_path_factory.mktemp('photos') / 'sign.png'
    image.save(path)
    return path


def test_default_reads_a_clear_word(photo, default_spotter):
    words = default_spotter.read(photo)
    best = max(words, key=lambda word: word.score)
    assert best.text.lower() == 'hello'
    center = best.polygon.mean(0)
    assert BOX[0] < center[0] < BOX[2] and BOX[1] < center[1] < BOX[3]


def test_default_reads_every_word_of_the_demo(demo_words):
    """Shop signs, a price, a curved and a vertical sign, small print."""
    assert sorted(word.text for word in demo_words) == sorted(DEMO_WORDS)


@pytest.mark.parametrize('line', ['Fresh Bread', 'MON SAT'])
def test_default_splits_words_that_its_detector_joins(
    line, default_spotter, demo_words, monkeypatch
):
    polygons = {word.text: word.polygon for word in demo_words}
    joined = join_words([polygons[text] for text in line.split()])
    found = Detections([joined], np.ones(1, dtype=np.float32))
    monkeypatch.setattr(default_spotter, 'detector', lambda images: [found])
    words = default_spotter.read(SCENE)
    assert ' '.join(word.text for word in words) == line
    for word in words:
        alone = polygons[word.text]
        shared = polygon_shape(word.polygon).intersection(polygon_shape(alone)).area
        assert shared > 0.85 * polygon_area(alone)


@pytest.mark.parametrize(
    'text',
    ['CAFÉ', 'Straße', 'Łódź', 'señor', 'Ágústa', '£5.20', '€9,99', '¥300', '50°', '«oui»'],
)
def test_default_reads_accents_and_currency_signs(text, default_spotter):
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 40)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new('RGB', (right - left + 12, bottom - top + 12), (235, 235, 225))
    ImageDraw.Draw(image).text((6 - left, 6 - top), text, (30, 30, 60), font)
    crop = np.asarray(image)[..., ::-1].copy()
    ((read, score),) = default_spotter.read_crops([crop])
    assert (read, score > 0.3) == (text, True)


@pytest.mark.parametrize(
    'text',
    [
        'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft',
        'https://www.example.org/catalogue/items/2024/index.html',
        'The quick brown fox jumps over the lazy dog and runs away from 42 cats',
    ],
)
def test_default_reads_long_words_and_lines_as_crops(text, default_spotter):
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 40)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new('RGB', (right - left + 12, bottom - top + 12), (235, 235, 225))
    ImageDraw.Draw(image).text((6 - left, 6 - top), text, (30, 30, 60), font)
    ((read, score),) = default_spotter.read_crops([image])
    assert (read, score > 0.5) == (text, True)


def test_user_word_list_decides_uncertain_letters(tmp_path):
    """A name is read as the list has it where its picture is poor, and as seen without a list."""
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 32)
    clear = Image.new('RGB', (20 + int(font.getlength('ZYXQOR')), 44), (200, 200, 190))
    ImageDraw.Draw(clear).text((8, 4), 'ZYXQOR', (120, 120, 130), font)
    poor = clear.resize((19, 7), Image.Resampling.BILINEAR).resize((150, 44))
    words = tmp_path / 'brands.txt'
    words.write_text('zyxqor\n')
    crop = np.asarray(poor)[..., ::-1].copy()
    spotter = TextSpotter.default()
    spotter.use_words([])
    ((seen, seen_score),) = spotter.read_crops([crop])
    for lists in ([words], ['english', words]):
        spotter.use_words(lists)
        ((read, score),) = spotter.read_crops([crop])
        assert read.lower() == 'zyxqor'
        assert seen != read or score > seen_score


@pytest.mark.parametrize(
    ('lists', 'message'),
    [
        (['gone.txt'], 'gone.txt'),
        (['english', 'phrases.txt'], 'phrases.txt:1: wanted a word'),
        (['none', 'english'], '--words none cannot be combined'),
    ],
)
def test_infer_rejects_invalid_word_lists(photo, tmp_path, capsys, monkeypatch, lists, message):
    monkeypatch.chdir(tmp_path)
    Path('phrases.txt').write_text('main street\n')
    options = [option for words in lists for option in ('--words', words)]
    assert infer.main([str(photo), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_infer_accepts_word_lists_or_none(photo, monkeypatch):
    seen = []
    monkeypatch.chdir(photo.parent)
    Path('mine.txt').write_text('street')
    monkeypatch.setattr(OnnxTextSpotter, 'use_words', lambda spotter, words: seen.append(words))
    for options in (['none'], ['english', 'mine.txt']):
        args = [option for words in options for option in ('--words', words)]
        infer.load_spotter(infer.parse_args([str(photo), *args]))
    assert seen == [[], ['english', 'mine.txt']]


def test_infer_sets_the_long_side_and_the_tile(photo):
    options = ['--long-side', '2400', '--tile', '1280']
    spotter = infer.load_spotter(infer.parse_args([str(photo), *options]))
    assert (spotter.long_side, spotter.tile) == (2400, 1280)
    usual = infer.load_spotter(infer.parse_args([str(photo)]))
    assert (usual.long_side, usual.tile) == (1280, 1280)
    further = usual.detector.pyramid.coarse_long_sides_px
    assert spotter.detector.pyramid.coarse_long_sides_px == (1280, *further)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--tile', '64'], 'a tile must be at least 128 px, got 64'),
        (['--crops', '--long-side', '900'], 'leave --long-side, --tile and'),
        (['--crops', '--orientation', '90'], '--orientation out'),
    ],
)
def test_infer_rejects_sizes_that_cannot_work(photo, tmp_path, capsys, options, message):
    assert infer.main([str(photo), *options, '--out', str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('degrees', [90, 180, 270])
def test_default_finds_the_orientation_of_an_image(degrees, default_spotter):
    """Texts, order and polygons are those of the upright image."""
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 40)
    upright = Image.new('RGB', (520, 300), (235, 235, 225))
    ImageDraw.Draw(upright).text((60, 60), 'MARKET STREET', (30, 30, 60), font)
    ImageDraw.Draw(upright).text((60, 160), 'Bakery 42', (30, 30, 60), font)
    wanted = default_spotter.read(upright)
    found = default_spotter.read(upright.rotate(degrees, expand=True))  # counter-clockwise
    assert [word.text for word in wanted] == ['MARKET', 'STREET', 'Bakery', '42']
    assert [word.text for word in found] == [word.text for word in wanted]
    assert (wanted.orientation, found.orientation) == (0, degrees)
    for word, same in zip(found, wanted):
        polygon = np.stack([(x, y) for x, y in word.polygon])
        for _ in range(degrees // 90):  # rotated clockwise
            width = 300 if _ % 2 == (degrees // 90) % 2 else 520
            polygon = np.stack([width - polygon[:, 1], polygon[:, 0]], axis=1)
        np.testing.assert_allclose(polygon, same.polygon, atol=1e-3)


@pytest.mark.parametrize(('char', 'height'), [('9', 160), ('E', 100)])
def test_default_reads_single_characters_upright(char, height, default_spotter):
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans:bold'), int(height / 0.73))
    image = Image.new('RGB', (400, 400), (235, 235, 225))
    ImageDraw.Draw(image).text((200, 200), char, (20, 20, 40), font, anchor='mm')
    assert [word.text for word in default_spotter.read(image)] == [char]


def test_infer_writes_the_orientation(photo, tmp_path):
    options = ['--orientation', '180', '--no-draw', '--quiet', '--out', str(tmp_path)]
    assert infer.main([str(photo), *options]) == 0
    assert json.loads((tmp_path / 'sign.json').read_text())['orientation'] == 180


def test_default_reads_every_word_of_a_long_image(default_spotter):
    """Each line of a receipt, 20 times as long as wide, is read once."""
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 26)
    image = Image.new('RGB', (220, 4400), (250, 250, 250))
    for i in range(40):
        ImageDraw.Draw(image).text((24, 30 + 108 * i), f'ITEM{i:02d}', (20, 20, 20), font)
    words = default_spotter.read(np.asarray(image)[..., ::-1].copy())
    assert [word.text for word in words] == [f'ITEM{i:02d}' for i in range(40)]


def test_default_weights_are_small():
    assert DEFAULT_CONFIG.with_suffix('.safetensors').stat().st_size < 40e6


def test_readme_command_prints_the_words_and_the_folder(photo, tmp_path):
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / 'tools' / 'infer.py'), str(photo)],
        cwd=tmp_path, text=True, capture_output=True,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(REPOSITORY)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, 'results in results\n')
    (line,) = done.stdout.splitlines()
    assert line.startswith(f'{photo} (') and 'hello' in line.lower()
    record = json.loads((tmp_path / 'results' / 'sign.json').read_text())
    assert (record['width'], record['height']) == (640, 400)
    assert np.array(record['words'][0]['polygon']).shape[1] == 2
    assert Image.open(tmp_path / 'results' / 'sign.png').size == (640, 400)


@pytest.mark.parametrize('engine', ['onnx', 'torch'])
def test_default_takes_min_score(engine):
    spotter = TextSpotter.default(engine=engine, min_score=0.85)
    assert spotter.min_score == 0.85
    assert {word.text for word in spotter.read(SCENE)} < set(DEMO_WORDS)


def test_default_rejects_a_min_score_above_one():
    with pytest.raises(ValueError, match=r'min_score must be in \[0, 1\], got 40'):
        TextSpotter.default(min_score=40)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--context', 'on', '--engine', 'onnx'], 'scene context runs in torch'),
        (['--checkpoint', 'gone.pth'], 'no weights at gone.pth'),
        (['--words', 'gone.txt'], "no word list 'gone.txt'"),
        (['--onnx', 'gone'], '--onnx gone: no spotter.json there'),
        (['--onnx', 'gone', '--device', 'cuda'], '--onnx names a whole spotter'),
        (['--charset', 'digit'], 'wanted a charset of digits, letters, alphanumeric'),
        (['--charset', '/[/'], "'[' is not a regular expression"),
    ],
)
def test_infer_checks_options_before_inputs(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    assert infer.main(['missing.jpg', *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())


def test_infer_reports_a_wrong_value_without_the_usage(capsys):
    with pytest.raises(SystemExit) as end:
        infer.parse_args(['photo.jpg', '--min-score', '40'])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        'error: argument --min-score: wanted a number from 0 to 1, got 40 '
        '(see clipter infer --help)'
    )
