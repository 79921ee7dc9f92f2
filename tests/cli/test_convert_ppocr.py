"""``clipter convert-ppocr``: outputs equal those of the published weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image, ImageDraw, ImageFont

from pipeline.cli import convert_ppocr
from pipeline.io import read_image
from pipeline.ppocr.charset import latin_charset
from pipeline.ppocr.onnx_weights import read_onnx_weights
from pipeline.recognition.crop_reader import read_crops
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.utils.checkpoint import load_weights

ROOT = Path(__file__).parents[2]
DEMO = ROOT / 'data' / 'demo' / 'scene.jpg'
CJK_FONTS = ('/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc',)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec('rapidocr') is None, reason='rapidocr is not installed'
)


def convert(config: Path, out: Path):
    """The recognizer of a config with the published weights, and its config."""
    assert convert_ppocr.main([str(config), '--out', str(out)]) == 0
    loaded = Config.fromfile(config)
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(loaded.model)
    load_weights(model, out)
    return model.eval(), loaded


@pytest.fixture(scope='module')
def latin(tmp_path_factory):
    out = tmp_path_factory.mktemp('latin') / 'small.pth'
    return convert(ROOT / 'configs' / '_base_' / 'ppocrv6-small.py', out)


@pytest.fixture(scope='module')
def multilingual(tmp_path_factory):
    out = tmp_path_factory.mktemp('multilingual') / 'small.pth'
    return convert(ROOT / 'configs' / '_base_' / 'ppocrv6-small_multilingual.py', out)


def published_file() -> Path:
    return convert_ppocr.find_published('PP-OCRv6_rec_small.onnx')


def demo_crops(config) -> list[np.ndarray]:
    """Crops of a real size and content: windows of the demo image."""
    image = read_image(DEMO)
    rectifier = TASK_UTILS.build(dict(config.rectifier))
    boxes = [(160, 40, 560, 140), (400, 440, 700, 500), (410, 540, 720, 610), (600, 200, 760, 260)]
    rings = [
        np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32) for x1, y1, x2, y2 in boxes
    ]
    return rectifier(image, rings)


def test_converted_recognizer_equals_onnx_runtime(multilingual) -> None:
    onnxruntime = pytest.importorskip('onnxruntime')
    model, config = multilingual
    session = onnxruntime.InferenceSession(
        str(published_file()), providers=['CPUExecutionProvider']
    )
    for crop in demo_crops(config):
        inputs = crop.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
        (expected,) = session.run(None, {'x': inputs})
        with torch.no_grad():
            probs = model(torch.from_numpy(inputs), mode='tensor').numpy()
        # Ours: characters, space, blank; theirs: blank, characters, space.
        np.testing.assert_allclose(probs[..., :-1], expected[..., 1:], atol=1e-4)
        np.testing.assert_allclose(probs[..., -1], expected[..., 0], atol=1e-4)


def test_latin_classes_are_rows_of_the_published_classifier(latin, multilingual) -> None:
    ours, every = latin[0].decoder, multilingual[0].decoder
    for char in ('A', 'é', 'ß', '€', '£', ' ', '0'):
        row, published = ours.dictionary.char2idx(char), every.dictionary.char2idx(char)
        assert torch.equal(ours.head.weight[row], every.head.weight[published])
    sharp = ours.head.weight[ours.dictionary.char2idx('ẞ')]
    assert torch.equal(sharp, every.head.weight[every.dictionary.char2idx('ß')])


def test_latin_dictionary_is_the_latin_part_of_the_published_one(latin) -> None:
    _, metadata = read_onnx_weights(published_file())
    characters = metadata['character'].split('\n')
    assert latin[0].decoder.dictionary.dict[:-2] == latin_charset(characters)
    assert len(latin_charset(characters)) < 700


@pytest.mark.skipif(not Path(CJK_FONTS[0]).is_file(), reason='fonts-noto-cjk is not installed')
@pytest.mark.parametrize('text', ['Straße', '银行', 'ラーメン', '駐車場', 'CAFÉ'])
def test_multilingual_recognizer_reads_three_scripts(multilingual, text: str) -> None:
    model, config = multilingual
    font = ImageFont.truetype(CJK_FONTS[0], 60)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new('RGB', (right - left + 24, bottom - top + 20), (240, 240, 235))
    ImageDraw.Draw(picture).text((12 - left, 10 - top), text, (30, 30, 60), font)
    crop = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)
    height, width = crop.shape[:2]
    ring = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    (reading,) = read_crops(model, TASK_UTILS.build(dict(config.rectifier))(crop, [ring]))
    assert reading.item == text


def test_converted_detector_equals_onnx_runtime(tmp_path) -> None:
    onnxruntime = pytest.importorskip('onnxruntime')
    out = tmp_path / 'detector.pth'
    config = ROOT / 'configs' / '_base_' / 'ppocrv6-small-det.py'
    assert convert_ppocr.main([str(config), '--out', str(out)]) == 0
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(Config.fromfile(config).model).eval()
    load_weights(model, out)
    published = convert_ppocr.find_published('PP-OCRv6_det_small.onnx')
    session = onnxruntime.InferenceSession(str(published), providers=['CPUExecutionProvider'])
    image = read_image(DEMO)[:448, :640].transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    (expected,) = session.run(None, {session.get_inputs()[0].name: image})
    with torch.no_grad():
        features = model.extract_feat(torch.from_numpy(image))
        probs = model.det_head(features, None, 'predict').numpy()
    assert expected.max() > 0.5  # there are words
    np.testing.assert_allclose(probs, expected[:, 0], atol=2e-5)


def test_convert_ppocr_reads_medium_detectors_from_safetensors_only(tmp_path, capsys) -> None:
    config = ROOT / 'configs' / '_base_' / 'ppocrv6-medium-det.py'
    assert convert_ppocr.main([str(config), '--out', str(tmp_path / 'medium.pth')]) == 2
    assert 'got LargeKernelPAN. Use the safetensors file' in capsys.readouterr().err


def test_convert_ppocr_rejects_a_config_of_another_size(tmp_path, capsys) -> None:
    config = ROOT / 'configs' / '_base_' / 'ppocrv6-medium.py'
    out = tmp_path / 'medium.pth'
    arguments = [str(config), '--weights', str(published_file()), '--out', str(out)]
    assert convert_ppocr.main(arguments) == 2
    assert 'the file contains another network than the config' in capsys.readouterr().err
    assert not out.exists()
