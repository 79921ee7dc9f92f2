"""Networks in OpenVINO find and read what they do in ONNX Runtime."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.io import read_image
from pipeline.onnx.network import OnnxNetwork
from pipeline.onnx.openvino_network import OpenVinoNetwork
from pipeline.onnx.spotter import DEFAULT_FOLDER
from pipeline.spotter import TextSpotter
from pipeline.spotter_choice import SpotterChoice

DETECTOR = DEFAULT_FOLDER / 'detector.onnx'
RECOGNIZER = DEFAULT_FOLDER / 'recognizer.onnx'
DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'


@pytest.fixture(scope='module')
def network() -> OpenVinoNetwork:
    return OpenVinoNetwork(DETECTOR, threads=1)


def cut_batch(height: int, width: int) -> np.ndarray:
    return np.stack([read_image(DEMO)[200 : 200 + height, :width]])


@pytest.mark.parametrize('size', [(384, 640), (192, 320)])
def test_openvino_network_agrees_with_onnx_runtime(network, size) -> None:
    batch = cut_batch(*size)
    ours, theirs = network(batch), OnnxNetwork(DETECTOR, threads=1)(batch)
    assert ours.shape == theirs.shape
    # bfloat16 has 8 bits of precision.
    assert np.abs(ours - theirs).max() < 0.1
    assert np.abs(ours - theirs).mean() < 0.002


def test_openvino_network_accepts_calls_from_threads(network) -> None:
    batches = [cut_batch(192, width) for width in (320, 256)] * 4
    expected = [network(batch) for batch in batches[:2]] * 4
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(network, batches))
    for result, wanted in zip(results, expected):
        np.testing.assert_array_equal(result, wanted)


def test_first_calls_of_a_process_may_be_concurrent() -> None:
    code = f"""
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import numpy as np
from pipeline.onnx.openvino_network import OpenVinoNetwork
network = OpenVinoNetwork({str(RECOGNIZER)!r}, threads=4, streams=4)
start = Barrier(4)
def read(_):
    start.wait()
    return network(np.zeros((1, 48, 64, 3), np.uint8))
with ThreadPoolExecutor(4) as pool:
    first, *others = pool.map(read, range(4))
print(sum(np.array_equal(other, first) for other in others))
"""
    for _ in range(3):  # they blocked each other in four of five processes
        done = subprocess.run(
            [sys.executable, '-c', code], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.strip() == '3'


def test_signals_are_handled_after_networks_are_deleted() -> None:
    code = f"""
import gc, os, signal
from pipeline.onnx.openvino_network import OpenVinoNetwork
networks = [OpenVinoNetwork({str(RECOGNIZER)!r}, threads=1) for _ in range(2)]
while networks:
    networks.pop(0)
    gc.collect()
signal.signal(signal.SIGUSR1, lambda *_: print('handled'))
os.kill(os.getpid(), signal.SIGUSR1)
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, 'handled')


def test_streams_read_what_one_stream_reads() -> None:
    network = OpenVinoNetwork(RECOGNIZER, threads=2, streams=2)
    crops = [cut_batch(48, width) for width in (64, 96, 128)] * 4
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(network, crops))
    one = OpenVinoNetwork(RECOGNIZER, threads=1)
    for result, crop in zip(results, crops):
        np.testing.assert_allclose(result, one(crop), atol=1e-4)
    assert pickle.loads(pickle.dumps(network)).streams == 2


def test_openvino_network_computes_batches_by_sample(network) -> None:
    batch = np.concatenate([cut_batch(192, 320), cut_batch(192, 320)[:, ::-1]])
    whole = network(batch)
    assert whole.shape == (2, 192, 320)
    for row in range(2):
        np.testing.assert_array_equal(whole[row], network(batch[row : row + 1])[0])


def test_openvino_network_works_after_a_wrong_input(network) -> None:
    for _ in range(2):
        with pytest.raises(ValueError):
            network(np.array(['text']))
    assert network(cut_batch(192, 320)).shape == (1, 192, 320)


@pytest.mark.slow
def test_openvino_network_memory_is_bounded_for_many_sizes() -> None:
    code = f"""
import numpy as np
from pathlib import Path
from pipeline.onnx.openvino_network import OpenVinoNetwork
network = OpenVinoNetwork({str(DETECTOR)!r}, threads=1)
rng = np.random.default_rng(0)
def memory():
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith('VmRSS:'))
used = []
largest = [[19, 19]]  # its buffers are the largest
for height, width in [*largest, *rng.integers(2, 20, (120, 2))]:
    network(np.zeros((1, 32 * height, 32 * width, 3), np.uint8))
    used.append(memory())
print(max(used[:30]), used[-1])
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    warm, end = map(int, done.stdout.split())
    assert end < 1.25 * warm


def test_openvino_network_is_pickled_as_its_file(network) -> None:
    batch = cut_batch(192, 320)
    copy = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(copy(batch), network(batch))


def test_openvino_network_rejects_unusable_files(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match='no network at'):
        OpenVinoNetwork(tmp_path / 'absent.onnx')
    (tmp_path / 'text.onnx').write_text('no network')
    with pytest.raises(ValueError, match=r'text\.onnx is not a valid network'):
        OpenVinoNetwork(tmp_path / 'text.onnx')


def test_openvino_network_reports_a_missing_package(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ImportError, match=r"OpenVINO is not installed: pip install -e '\.\[open"):
        OpenVinoNetwork(DETECTOR)


@pytest.mark.parametrize('fast', [True, False])
def test_openvino_spotter_reads_the_demo(demo_words, monkeypatch, fast) -> None:
    monkeypatch.setattr('pipeline.onnx.spotter.multiplies_bfloat16', lambda: fast)
    spotter = TextSpotter.default(engine='openvino', threads=2)
    assert isinstance(spotter.detector.network, OpenVinoNetwork)
    assert isinstance(spotter.recognizer.network, OpenVinoNetwork if fast else OnnxNetwork)
    words = spotter.read(DEMO)
    assert [word.text for word in words] == [word.text for word in demo_words]
    for ours, theirs in zip(words, demo_words):
        assert np.abs(ours.polygon - theirs.polygon).max() < 4


def test_openvino_recognizer_agrees_with_onnx_runtime(demo_words, monkeypatch) -> None:
    monkeypatch.setattr('pipeline.onnx.spotter.multiplies_bfloat16', lambda: True)
    polygons = [[word.polygon for word in demo_words]]
    spotters = [TextSpotter.default(engine=engine, threads=2) for engine in ('openvino', 'onnx')]
    (ours,), (theirs,) = [spotter.read_polygons([DEMO], polygons) for spotter in spotters]
    assert [text for text, _ in ours] == [text for text, _ in theirs]
    scores = np.array([[score for _, score in some] for some in (ours, theirs)])
    # Where the processor multiplies bfloat16 fast: it has 8 bits of precision.
    assert np.abs(scores[0] - scores[1]).max() < 0.1


def test_onnx_folder_runs_in_openvino_on_request() -> None:
    spotter = SpotterChoice(onnx=str(DEFAULT_FOLDER), engine='openvino', threads=1).build()
    assert isinstance(spotter.detector.network, OpenVinoNetwork)
