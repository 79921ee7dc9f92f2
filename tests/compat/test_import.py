"""Side effects of importing the package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmcv.transforms import Compose
from mmocr.registry import TRANSFORMS

ROOT = Path(__file__).parents[2]
# Runs in a process of its own, since the tests have imported the package long ago.
WATCH_AN_IMPORT = """
import json, os, threading
import cv2, matplotlib, mmengine, numpy, torch  # side effects of these imports are not ours
names, variables, threads = dict(vars(numpy)), dict(os.environ), threading.active_count()
import pipeline.registration
import mmdet.models, mmocr.datasets, mmocr.models
module = type(numpy)
report = {
    'added': [n for n, v in vars(numpy).items() if n not in names and not isinstance(v, module)],
    'changed': [name for name, value in names.items() if vars(numpy)[name] is not value],
    'variables': dict(os.environ) == variables,
    'threads': threading.active_count() == threads,
}
print(json.dumps(report))
"""


@pytest.fixture(scope='module')
def watched_import() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-c', WATCH_AN_IMPORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_import_prints_nothing(watched_import: subprocess.CompletedProcess[str]) -> None:
    assert watched_import.returncode == 0, watched_import.stderr
    assert watched_import.stderr == ''
    assert len(watched_import.stdout.splitlines()) == 1  # report of this test


def test_import_adds_only_missing_numpy_aliases(
    watched_import: subprocess.CompletedProcess[str],
) -> None:
    report = json.loads(watched_import.stdout)
    assert set(report['added']) <= {'bool', 'int0', 'sctypes'}
    assert report['changed'] == []


def test_import_keeps_environment_and_threads(
    watched_import: subprocess.CompletedProcess[str],
) -> None:
    report = json.loads(watched_import.stdout)
    assert report['variables']
    assert report['threads']


def test_mmocr_augments_images_with_imgaug() -> None:
    augment = TRANSFORMS.build(
        {
            'type': 'ImgAugWrapper',
            'args': [['Fliplr', 1.0], {'cls': 'Affine', 'rotate': [90, 90]}, ['Resize', 0.5]],
        }
    )
    image = np.zeros((40, 40, 3), np.uint8)
    image[4:12, 4:20] = 255
    polygon = np.array([4, 4, 20, 4, 20, 12, 4, 12], np.float32)
    results = Compose([augment])(
        {
            'img': image,
            'img_shape': (40, 40),
            'gt_polygons': [polygon],
            'gt_bboxes': np.array([[4, 4, 20, 12]], np.float32),
            'gt_bboxes_labels': np.zeros(1, np.int64),
            'gt_ignored': np.zeros(1, bool),
        }
    )
    assert results['img'].shape == (20, 20, 3)
    # The polygon matches the bright word.
    y, x = np.nonzero(results['img'][..., 0] > 128)
    corners = results['gt_polygons'][0].reshape(-1, 2)
    assert corners.min(axis=0) == pytest.approx([x.min(), y.min()], abs=1.0)
    assert corners.max(axis=0) == pytest.approx([x.max() + 1, y.max() + 1], abs=1.0)
