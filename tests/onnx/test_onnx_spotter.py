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
import torch
from onnx import numpy_helper
from toy_spotter import make_toy

from pipeline.benchmark import draw_photos
from pipeline.io import read_image
from pipeline.onnx.export import export_spotter
from pipeline.onnx.graphs import MapGraph
from pipeline.onnx.spotter import DEFAULT_FOLDER, OnnxTextSpotter
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'


def test_default_uses_onnx_on_the_cpu(default_spotter) -> None:
    assert isinstance(default_spotter, OnnxTextSpotter)


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
        ({'engine': 'openvino', 'device': 'cuda'}, "CPU only, got device 'cuda'"),
    ],
)
def test_default_rejects_an_unknown_engine_or_device(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextSpotter.default(**options)


def test_onnx_spotter_reads_the_words_of_torch(demo_words, float_demo_words) -> None:
    ours, theirs = demo_words, float_demo_words
    assert [word.text for word in ours] == [word.text for word in theirs]
    assert len(ours) > 10
    distances = [np.abs(one.polygon - other.polygon).max() for one, other in zip(ours, theirs)]
    # On some processors one pixel of the map equals the threshold up to rounding.
    assert sum(distance >= 0.5 for distance in distances) <= 1
    assert max(distances) <= 1
    for one, other in zip(ours, theirs):
        assert one.score == pytest.approx(other.score, abs=0.01)


def test_onnx_spotter_reads_drawn_scenes_as_torch(default_spotter, float_spotter, tmp_path) -> None:
    words = differ = 0
    for path in draw_photos(tmp_path, 3, size=(480, 640), words=6, seed=5):
        ours, theirs = default_spotter.read(path), float_spotter.read(path)
        assert len(ours) == len(theirs)
        words += len(ours)
        differ += sum(one.text != other.text for one, other in zip(ours, theirs))
        for one, other in zip(ours, theirs):
            assert one.polygon.shape == other.polygon.shape
            assert np.abs(one.polygon - other.polygon).max() < 0.5
    assert words >= 12
    assert differ <= 0.005 * words


def test_onnx_detector_computes_the_map_of_torch(default_spotter, float_spotter) -> None:
    image = cv2.resize(read_image(DEMO), (640, 384))[None]
    with torch.no_grad():
        map_of_torch = MapGraph(float_spotter.detector.detector)(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(default_spotter.detector.network(image), map_of_torch, atol=1e-5)


def test_onnx_spotter_reads_crops_and_polygons_as_torch(
    default_spotter, float_spotter, float_demo_words
) -> None:
    image = read_image(DEMO)
    polygons = [[word.polygon for word in float_demo_words]]
    (ours,) = default_spotter.read_polygons([image], polygons)
    (theirs,) = float_spotter.read_polygons([image], polygons)
    for one, other in zip(ours, theirs):
        assert one[0] == other[0]
        assert one[1] == pytest.approx(other[1], abs=0.01)
    crop = cv2.resize(image, (120, 40))
    assert default_spotter.read_crops([crop])[0][0] == float_spotter.read_crops([crop])[0][0]


def test_onnx_files_contain_the_weights_of_the_safetensors(tmp_path) -> None:
    export_spotter(TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True), tmp_path)
    for name in ('detector.onnx', 'recognizer.onnx'):
        shipped, made = (onnx.load(str(folder / name)) for folder in (DEFAULT_FOLDER, tmp_path))
        assert len(shipped.graph.initializer) == len(made.graph.initializer) > 50
        for ours, other in zip(shipped.graph.initializer, made.graph.initializer):
            assert ours.name == other.name
            np.testing.assert_allclose(
                numpy_helper.to_array(ours), numpy_helper.to_array(other), rtol=1e-6, atol=1e-7
            )
    manifests = [(folder / 'spotter.json').read_text() for folder in (DEFAULT_FOLDER, tmp_path)]
    assert json.loads(manifests[0]) == json.loads(manifests[1])


def test_onnx_spotter_is_pickled_with_its_settings() -> None:
    spotter = OnnxTextSpotter(DEFAULT_FOLDER, threads=1)
    spotter.min_score = 0.55
    copy = pickle.loads(pickle.dumps(spotter))
    assert copy.min_score == 0.55
    assert copy.read(read_image(DEMO)[280:480, 30:420])


@pytest.mark.parametrize(
    'name', ['min_score', 'vote_below', 'crop_batch_size', 'long_side', 'tile']
)
def test_settings_reject_values_that_are_not_numbers(default_spotter, name: str) -> None:
    before = getattr(default_spotter, name)
    with pytest.raises(TypeError, match=f"{name} must be a number, got 'x'"):
        setattr(default_spotter, name, 'x')
    assert getattr(default_spotter, name) == before


def test_onnx_spotter_reads_in_several_threads(default_spotter) -> None:
    image = read_image(DEMO)[280:480, 30:420]
    alone = [word.text for word in default_spotter.read(image)]
    assert alone
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(default_spotter.read, [image] * 4))
    assert all([word.text for word in words] == alone for words in found)


def test_onnx_spotter_rejects_context(default_spotter) -> None:
    assert not default_spotter.has_context
    default_spotter.use_context(False)
    with pytest.raises(ValueError, match='no scene context'):
        default_spotter.use_context(True)


def test_onnx_spotter_uses_new_words(tmp_path) -> None:
    words = tmp_path / 'words.txt'
    words.write_text('quokka\n')
    spotter = OnnxTextSpotter(DEFAULT_FOLDER, threads=1)
    order = spotter.recognizer.rescorer.language_model.order
    spotter.use_words([words])
    assert spotter.recognizer.rescorer.language_model.order == order
    spotter.use_words([])
    assert spotter.recognizer.rescorer.language_model is None


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


def test_export_spotter_rejects_other_recognizers(float_spotter, tmp_path) -> None:
    toy = make_toy()
    toy.detector = float_spotter.detector
    with pytest.raises(ValueError, match=r'ColourReader.* cannot be exported'):
        export_spotter(toy, tmp_path)
    assert not list(tmp_path.iterdir())
