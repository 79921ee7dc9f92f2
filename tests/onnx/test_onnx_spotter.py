"""The ONNX Runtime engine reads as the torch engine does."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from toy_spotter import make_toy

from pipeline.io import read_image
from pipeline.onnx.export import export_spotter
from pipeline.onnx.spotter import DEFAULT_FOLDER, OnnxTextSpotter
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'


@pytest.fixture(scope='module')
def in_onnx() -> TextSpotter:
    return OnnxTextSpotter(DEFAULT_FOLDER, threads=1)


@pytest.fixture(scope='module')
def in_torch() -> TextSpotter:
    return TextSpotter.from_config(DEFAULT_CONFIG, int8=False)


def test_default_uses_onnx_on_the_cpu() -> None:
    assert isinstance(TextSpotter.default(), OnnxTextSpotter)
    assert not isinstance(TextSpotter.default(engine='torch'), OnnxTextSpotter)


def test_default_imports_no_torch() -> None:
    code = f"""
import sys
from pipeline import TextSpotter
assert TextSpotter.default().read({str(DEMO)!r})
print([m for m in ('torch', 'torchvision', 'mmocr', 'mmdet', 'mmengine') if m in sys.modules])
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'engine': 'tensorrt'}, r"engine must be one of .*'tensorrt'"),
        ({'engine': 'onnx', 'device': 'cuda'}, "CPU only, got device 'cuda'"),
    ],
)
def test_default_rejects_an_unknown_engine_or_device(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextSpotter.default(**options)


@pytest.mark.parametrize('scale', [1.0, 0.7])
def test_onnx_spotter_reads_the_words_of_torch(in_onnx, in_torch, scale: float) -> None:
    image = cv2.resize(read_image(DEMO), None, fx=scale, fy=scale)
    ours, theirs = in_onnx.read(image), in_torch.read(image)
    assert [word.text for word in ours] == [word.text for word in theirs]
    assert len(ours) > 10
    for one, other in zip(ours, theirs):
        assert np.abs(one.polygon - other.polygon).max() < 0.5
        assert one.score == pytest.approx(other.score, abs=0.01)


def test_onnx_spotter_reads_crops_and_polygons_as_torch(in_onnx, in_torch) -> None:
    image = read_image(DEMO)
    polygons = [[word.polygon for word in in_torch.read(image)]]
    for one, other in zip(
        in_onnx.read_polygons([image], polygons)[0], in_torch.read_polygons([image], polygons)[0]
    ):
        assert one[0] == other[0]
        assert one[1] == pytest.approx(other[1], abs=0.01)
    crop = cv2.resize(image, (120, 40))
    assert in_onnx.read_crops([crop])[0][0] == in_torch.read_crops([crop])[0][0]


def test_onnx_files_contain_the_weights_of_the_safetensors(in_torch, tmp_path) -> None:
    export_spotter(in_torch, tmp_path)
    for name in ('detector.onnx', 'recognizer.onnx'):
        shipped, made = (onnx.load(str(folder / name)) for folder in (DEFAULT_FOLDER, tmp_path))
        assert len(shipped.graph.initializer) == len(made.graph.initializer) > 50
        for ours, other in zip(shipped.graph.initializer, made.graph.initializer):
            assert ours.name == other.name
            np.testing.assert_allclose(
                numpy_helper.to_array(ours), numpy_helper.to_array(other), rtol=2e-3, atol=1e-6
            )
    manifests = [(folder / 'spotter.json').read_text() for folder in (DEFAULT_FOLDER, tmp_path)]
    assert json.loads(manifests[0]) == json.loads(manifests[1])


def test_onnx_spotter_is_pickled_with_its_settings(in_onnx) -> None:
    in_onnx.min_score = 0.55
    copy = pickle.loads(pickle.dumps(in_onnx))
    in_onnx.min_score = 0.4
    assert copy.min_score == 0.55
    assert copy.read(DEMO)


def test_onnx_spotter_reads_in_several_threads(in_onnx) -> None:
    image = read_image(DEMO)
    alone = [word.text for word in in_onnx.read(image)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(in_onnx.read, [image] * 8))
    assert all([word.text for word in words] == alone for words in found)


def test_onnx_spotter_rejects_context(in_onnx) -> None:
    assert not in_onnx.has_context
    in_onnx.use_context(False)
    with pytest.raises(ValueError, match='no scene context'):
        in_onnx.use_context(True)


def test_onnx_spotter_uses_new_words(in_onnx, tmp_path) -> None:
    words = tmp_path / 'words.txt'
    words.write_text('quokka\n')
    before = in_onnx.recognizer.rescorer.language_model
    in_onnx.use_words([words])
    assert in_onnx.recognizer.rescorer.language_model.order == before.order
    in_onnx.use_words([])
    assert in_onnx.recognizer.rescorer.language_model is None
    in_onnx.recognizer.rescorer.language_model = before


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda m: m.pop('format'), 'not an exported spotter of format 1'),
        (lambda m: m['recognizer'].pop('characters'), r'lacks recognizer\.characters'),
        (lambda m: m.update(min_score=2.0), r'min_score must be in \[0, 1\]'),
    ],
)
def test_onnx_spotter_rejects_a_broken_manifest(tmp_path, change, message: str) -> None:
    folder = tmp_path / 'broken'
    shutil.copytree(DEFAULT_FOLDER, folder)
    manifest = json.loads((folder / 'spotter.json').read_text())
    change(manifest)
    (folder / 'spotter.json').write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=message):
        OnnxTextSpotter(folder)


def test_onnx_spotter_names_missing_and_broken_files(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r'no spotter\.json in'):
        OnnxTextSpotter(tmp_path)
    shutil.copy(DEFAULT_FOLDER / 'spotter.json', tmp_path)
    with pytest.raises(FileNotFoundError, match=r'no network at .*detector\.onnx'):
        OnnxTextSpotter(tmp_path)
    (tmp_path / 'detector.onnx').write_bytes(b'no network')
    with pytest.raises(ValueError, match=r'detector\.onnx is not a valid network'):
        OnnxTextSpotter(tmp_path)


def test_export_spotter_rejects_other_recognizers(tmp_path) -> None:
    toy = make_toy()
    toy.detector = TextSpotter.from_config(DEFAULT_CONFIG, int8=False).detector
    with pytest.raises(ValueError, match=r'ColourReader.* cannot be exported'):
        export_spotter(toy, tmp_path)
    assert not list(tmp_path.iterdir())
