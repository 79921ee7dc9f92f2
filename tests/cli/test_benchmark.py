"""``pipeline.benchmark`` and ``clipter benchmark`` on a spotter with random weights."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

import pipeline.benchmark
from pipeline import TextSpotter
from pipeline.benchmark import (
    STAGES,
    StageClock,
    add_random_context,
    build_peer,
    cold_start,
    compare,
    draw_photos,
    measure_cold_start,
    measure_context_cost,
    measure_detector_cost,
    measure_throughput,
    soak,
)
from pipeline.benchmark.network_clock import NetworkClock
from pipeline.cli import benchmark as tool
from pipeline.detection.detections import Detections
from pipeline.io import iter_inputs
from pipeline.onnx.spotter import OnnxTextSpotter
from pipeline.spotter import DEFAULT_CONFIG
from pipeline.utils.checkpoint import save_weights

CPU = torch.device('cpu')
TINY_TOWER = {
    'embed_dim': 16,
    'vision_cfg': {'image_size': 16, 'layers': 1, 'width': 24, 'patch_size': 8, 'head_width': 12},
}


@pytest.fixture(scope='module')
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mmengine.config import Config
    from mmengine.registry import DefaultScope

    from pipeline.registry import MODELS

    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmocr'):
        spotter = MODELS.build(Config.fromfile(DEFAULT_CONFIG).model)
    path = tmp_path_factory.mktemp('weights') / 'random.safetensors'
    save_weights(spotter, path)
    return path


@pytest.fixture(scope='module')
def spotter(weights: Path) -> TextSpotter:
    return TextSpotter.from_config(DEFAULT_CONFIG, weights)


@pytest.fixture(scope='module')
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_photos(tmp_path_factory.mktemp('photos'), 1, size=(192, 320), words=1)[0]


def find_two_words(images: Any) -> list[Detections]:
    """Replacement of an untrained detector; takes 20 ms."""
    time.sleep(0.02)
    quad = np.array([[8, 8], [88, 8], [88, 28], [8, 28]], np.float32)
    return [Detections([quad, quad + 40], np.full(2, 0.9, np.float32)) for _ in images]


def test_stage_clock_times_add_up_to_the_whole(
    spotter: TextSpotter, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotter.detector, 'forward', find_two_words)

    speed = measure_throughput(spotter, list(iter_inputs([photo])), repeat=2)

    assert speed.photos == 2
    assert speed.stages['detect'] >= 0.04
    assert speed.stages['encode scene'] == 0  # The default has no scene encoder.
    for stage in ('decode', 'rectify', 'recognize', 'collect'):
        assert speed.stages[stage] > 0
    assert speed.seconds / 2 < sum(speed.stages.values()) <= speed.seconds


def test_stage_clock_restores_the_spotter(spotter: TextSpotter) -> None:
    image = np.full((64, 64, 3), 127, np.uint8)

    with StageClock(CPU).attached(spotter):
        assert 'detect' in vars(spotter)
        timed = spotter.read_batch([image])

    assert not {'read_batch', 'detect', 'rectify', 'read_oriented'} & set(vars(spotter))
    assert spotter.read_batch([image]) == timed


def test_stage_clock_excludes_nested_stages() -> None:
    clock = StageClock(CPU)

    start = time.perf_counter()
    with clock.stage('collect'), clock.stage('detect'):
        time.sleep(0.05)
    seconds = time.perf_counter() - start

    assert clock.seconds['detect'] >= 0.05
    assert clock.seconds['collect'] <= seconds - clock.seconds['detect']
    assert clock.cpu_seconds['detect'] < 0.05  # Asleep, no processor was at work.


def test_soak_repeats_photos_and_records_memory(spotter: TextSpotter, photo: Path) -> None:
    sizes: list[int] = []

    soaked = soak(spotter, list(iter_inputs([photo])), 7, batch_size=2, on_batch=sizes.append)

    assert sizes == [2, 2, 2, 1]
    if soaked.samples:  # Where the system tells.
        assert [done for done, _ in soaked.samples] == [2, 4, 6, 7]
        assert soaked.growth == soaked.samples[-1][1] - soaked.samples[0][1]
        assert soaked.memory.peak is not None
        # The kernel counts pages in batches: its peak may lag behind by some.
        assert soaked.memory.peak >= max(resident for _, resident in soaked.samples) - 1


def test_throughput_has_networks_and_stream(spotter: TextSpotter, photo: Path) -> None:
    speed = measure_throughput(spotter, list(iter_inputs([photo] * 3)), repeat=1)
    assert 0 < speed.networks < speed.seconds
    assert speed.stream_seconds > 0 and speed.stream_cpu_seconds > 0
    assert not any(module._forward_pre_hooks for module in spotter.modules())


def test_network_clock_counts_networks_of_both_engines(spotter: TextSpotter, photo: Path) -> None:
    for engine in (spotter, OnnxTextSpotter.default(threads=1)):
        clock = NetworkClock()
        start = time.perf_counter()
        with clock.attached(engine):
            engine.read(photo)
        seconds = time.perf_counter() - start
        assert 0.1 * seconds < clock.seconds < seconds
        before = clock.seconds
        engine.read(photo)
        assert clock.seconds == before


def test_compare_alternates_blocks_and_gives_their_ratio(photo: Path) -> None:
    order: list[str] = []

    class Timed:
        def map_batches(self, work: Any, batches: Any) -> Any:
            return map(work, batches)

        def read_batch(self, images: list[np.ndarray]) -> None:
            order.append('own' * len(images))
            time.sleep(0.01 * len(images))

    def peer(image: np.ndarray) -> None:
        order.append('peer')
        time.sleep(0.02)

    items = list(iter_inputs([photo] * 12))
    found = compare(Timed(), peer, items, batch_size=4)  # type: ignore[arg-type]
    four = ['own' * 4]
    assert order[4:] == [*four * 2, *['peer'] * 8, *four, *['peer'] * 4]
    assert len(found.own) == len(found.peer) == 2
    assert 0.3 < found.ratio < 0.9  # waits of 10 and 20 ms, and the decoding
    assert found.own_busy < 1 and found.peer_busy < 1


def test_benchmark_names_the_command_that_installs_rapidocr(
    photo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert tool.main(['--photos', str(photo), '--against', 'rapidocr']) == 2
    assert "pip install -e '.[convert]'" in capsys.readouterr().err


def test_benchmark_refuses_a_precision_for_onnx(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(['--engine', 'onnx', '--precision', 'bfloat16']) == 2
    assert '--precision is for the torch engine' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--photos', 'a.jpg', '--scenes', '3'], '--photos does not use --scenes'),
        (['--cold-start', '--batch-size', '4'], '--cold-start does not use --batch-size'),
        (['--context', '--engine', 'onnx'], '--context does not use --engine'),
        (['--soak', '9', '--against', 'rapidocr'], '--soak does not use --against'),
        (['--crops', '--context', 'off'], '--crops does not use --context'),
        (['--context', '--soak', '9'], '--context does not use --soak'),
        (['--tower', 'ViT-B-32'], 'give --context too'),
    ],
)
def test_benchmark_refuses_options_without_effect(
    capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match='2'):
        tool.parse_args(options)
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_benchmark_compares_starts_with_rapidocr(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('rapidocr')
    arguments = ['--cold-start', '--against', 'rapidocr', '--repeat', '1', '--photos', str(photo)]
    assert tool.main(arguments) == 0
    out = capsys.readouterr().out
    assert 'of the time of rapidocr, median of 1 pairs' in out
    assert 'of its peak memory' in out


def test_draw_photos_is_deterministic(photo: Path, tmp_path: Path) -> None:
    again = draw_photos(tmp_path, 1, size=(192, 320), words=1)[0]

    assert again.read_bytes() == photo.read_bytes()


def test_draw_photos_rejects_a_size_too_small_for_the_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='wanted 1 scenes of 64x64 with 30 legible words'):
        draw_photos(tmp_path, 1, size=(64, 64), words=30)


def test_cold_start_phases_add_up_to_the_whole(weights: Path, photo: Path) -> None:
    start = measure_cold_start(photo, {'checkpoint': str(weights)}, threads=1)

    assert start.seconds == pytest.approx(sum(start.phases.values()))
    assert min(start.phases.values()) > 0
    assert start.cpu_seconds > 0
    assert start.peak is None or start.peak > 50


def test_cold_start_reports_the_error_of_its_process(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cold_start, '_CHILD', 'raise MemoryError("too big")')

    with pytest.raises(RuntimeError, match='the fresh process failed: MemoryError: too big'):
        measure_cold_start(photo)


def test_benchmark_prints_a_report_and_writes_json(
    weights: Path,
    photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / 'speed.json'

    status = tool.main(
        ['--photos', str(photo), '--checkpoint', str(weights), '--repeat', '1', '--json', str(path)]
    )

    printed = capsys.readouterr().out
    assert status == 0
    for said in ('threads', f'torch {torch.__version__}', 'images/s', 'MiB at most', *STAGES):
        assert said in printed
    record = json.loads(path.read_text())
    assert record['throughput']['photos'] == 1
    assert list(record['throughput']['stages']) == list(STAGES)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--photos', 'missing.jpg'], 'missing.jpg: no such file'),
        (['--context', 'on'], 'has no scene context'),
        (['--config', 'missing.py'], 'no config missing.py'),
    ],
)
def test_benchmark_reports_errors_in_one_line(
    weights: Path,
    photo: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    photos = [] if '--photos' in arguments else ['--photos', str(photo)]

    status = tool.main(['--checkpoint', str(weights), *photos, *arguments])

    errors = capsys.readouterr().err.strip().splitlines()
    assert status == 2
    assert len(errors) == 1 and message in errors[0]


def test_context_cost_encodes_each_photo_once(spotter: TextSpotter) -> None:
    augmented = add_random_context(spotter, TINY_TOWER)
    image = np.full((64, 64, 3), 127, np.uint8)

    costs = measure_context_cost(augmented, image, words=(1, 20), repeat=1)

    assert [(cost.words, cost.context) for cost in costs] == [
        (1, 'off'), (1, 'k=1'), (1, 'k=inf'), (20, 'off'), (20, 'k=1'), (20, 'k=inf'),
    ]  # fmt: skip
    assert [cost.encodings for cost in costs] == [0, 1, 1, 0, 1, 1]
    for cost in costs:
        assert (cost.tower_seconds > 0) == (cost.context != 'off')
        assert cost.tower_seconds + cost.recognizer_seconds <= cost.seconds
    assert augmented.has_context
    assert 'forward' not in vars(augmented.detector)


def test_context_cost_requires_a_spotter_with_context(spotter: TextSpotter) -> None:
    with pytest.raises(ValueError, match='wanted a spotter with scene context'):
        measure_context_cost(spotter, np.zeros((64, 64, 3), np.uint8))


def test_benchmark_measures_the_cost_of_context(
    weights: Path,
    photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random_context = pipeline.benchmark.add_random_context
    monkeypatch.setattr(
        pipeline.benchmark, 'add_random_context', lambda s, _: random_context(s, TINY_TOWER)
    )
    path = tmp_path / 'cost.json'

    status = tool.main(
        [
            '--context',
            '--photos',
            str(photo),
            '--checkpoint',
            str(weights),
            '--repeat',
            '1',
            '--json',
            str(path),
        ]
    )

    assert status == 0
    assert re.search(r'% of the image, .*% of the recognizer', capsys.readouterr().out)
    costs = json.loads(path.read_text())['context_cost']
    assert {cost['words'] for cost in costs} == {1, 20, 100}


def test_detector_cost_includes_a_peer(
    spotter: TextSpotter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotter.detector, 'forward', find_two_words)
    monkeypatch.setattr(spotter.detector.pyramid, 'long_side_px', 64)
    peer = build_peer(CPU)
    peer.pyramid.long_side_px = 64
    passes: list[int] = []
    cost = measure_detector_cost(
        spotter.detector, peer, [np.zeros((36, 64, 3), np.uint8)], 2, lambda: passes.append(1)
    )
    assert len(passes) == 3  # one does not count
    assert cost.whole >= 0.02
    assert cost.network > 0 and cost.peer > 0


def test_build_peer_builds_dbnet_r18() -> None:
    backbone = build_peer(CPU).detector.backbone
    assert type(backbone).__name__ == 'ResNet' and backbone.depth == 18
    assert backbone.conv1.out_channels == 64


def test_benchmark_crops_with_and_without_language_model(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i, width in enumerate((40, 90)):
        cv2.imwrite(str(tmp_path / f'{i}.png'), np.full((30, width, 3), 200, np.uint8))
    arguments = ['--crops', '--photos', str(tmp_path), '--repeat', '1']
    arguments += ['--checkpoint', str(weights), '--json', str(tmp_path / 'cost.json')]
    assert tool.main(arguments) == 0
    out = capsys.readouterr().out
    assert 'crops        2, 104 px wide on average' in out
    cost = json.loads((tmp_path / 'cost.json').read_text())['crop_cost']
    assert cost['crops'] == 2 and cost['read'] > 0 and cost['plain'] > 0


def test_benchmark_crops_requires_photos(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(['--crops', '--scenes', '1']) == 2
    assert '--crops requires word crops' in capsys.readouterr().err
