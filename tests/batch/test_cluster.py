"""``clipter batch`` on Ray: on this machine, and on a cluster that loses a node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.batch import PartFolder
from pipeline.cli import batch, infer

pytest.importorskip('ray', reason="pip install -e '.[batch]'")
pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
WORDS = ('OPEN', 'MARKET', 'STREET', 'EXIT', 'HOTEL', 'PIZZA')
STORE_BYTES = 100_000_000


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path('photos').mkdir()
    for number in range(20):
        image = np.full((480, 640, 3), 235, np.uint8)
        word = WORDS[number % len(WORDS)]
        cv2.putText(image, word, (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (40, 30, 20), 4)
        cv2.imwrite(f'photos/{number}.png', image)
    Path('photos/broken.png').write_bytes(b'no image')
    return tmp_path


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head that runs no actor, and two nodes that run one actor each."""
    monkeypatch.setenv('RAY_USAGE_STATS_ENABLED', '0')
    from ray.cluster_utils import Cluster

    store = {'object_store_memory': STORE_BYTES}
    made = Cluster(
        initialize_head=True, head_node_args={'num_cpus': 0, 'include_dashboard': False, **store}
    )
    made.lost = made.add_node(num_cpus=1, **store)
    made.add_node(num_cpus=1, **store)
    made.wait_for_nodes()
    yield made
    made.shutdown()


def rows(paths: Iterator[Path]) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for path in paths for line in path.open(encoding='utf-8')]
    assert len({row['image'] for row in found}) == len(found)
    return {row['image']: {k: v for k, v in row.items() if k != 'seconds'} for row in found}


def kill_when_both_read(cluster: Any, killed: list[int], is_over: threading.Event) -> None:
    """Kill a node as soon as the processes of both nodes have finished a part."""
    while not is_over.wait(0.05):
        finished = PartFolder('words').finished() if Path('words/_parts').is_dir() else {}
        if len({manifest['process'] for manifest in finished.values()}) > 1:
            cluster.remove_node(cluster.lost, allow_graceful=False)
            killed.append(len(finished))
            return


def test_batch_equals_infer_after_the_loss_of_a_node(photos: Path, cluster: Any) -> None:
    killed: list[int] = []
    is_over = threading.Event()
    killer = threading.Thread(target=kill_when_both_read, args=(cluster, killed, is_over))
    killer.start()
    arguments = ['--address', cluster.address, '--part-size', '1', '--quiet']
    try:
        assert batch.main(['photos', '--out', 'words', *arguments]) == 1  # broken.png
    finally:
        is_over.set()
        killer.join()
    assert killed and killed[0] < 21
    read = rows(Path('words').glob('part-*.jsonl'))
    assert len(read) == 21
    assert read.pop('photos/broken.png')['error'].endswith('not an image that can be read')
    infer.main(['photos', '--format', 'jsonl', '--no-draw', '--quiet'])
    assert read == rows(Path('results').glob('*.jsonl'))
    assert {word['text'] for row in read.values() for word in row['words']} == set(WORDS)


def test_batch_runs_on_this_machine_without_a_cluster(photos: Path) -> None:
    command = [sys.executable, '-m', 'pipeline.cli', 'batch', 'photos', '--out', 'words']
    done = subprocess.run(
        [*command, '--format', 'parquet', '--concurrency', '1'],
        env={**os.environ, 'PYTHONPATH': str(REPOSITORY)},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == 'words: 20 images are read, 1 could not be read\n'
    lines = done.stderr.splitlines()
    assert lines[0] == '21 inputs found'
    assert all(' of 21 images, ' in line for line in lines[1:])
    from pyarrow import parquet

    assert parquet.read_table('words').num_rows == 21
