"""What importing the package does, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmcv.transforms import Compose
from mmocr.registry import TRANSFORMS

ROOT = Path(__file__).parents[2]


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_importing_the_compatibility_layer_prints_nothing() -> None:
    run = run_python('import pipeline.compat, mmocr.models, mmocr.datasets, mmdet.models')
    assert (run.returncode, run.stdout, run.stderr) == (0, '', '')


def test_importing_changes_numpy_by_its_missing_aliases_alone() -> None:
    run = run_python(
        'import numpy as np\n'
        'before = dict(vars(np))\n'
        'import pipeline.compat\n'
        'added = {name for name in vars(np).keys() - before.keys()}\n'
        'modules = {name for name in added if isinstance(vars(np)[name], type(np))}\n'
        'print(sorted(added - modules))\n'
        'print([name for name in before if vars(np)[name] is not before[name]])\n'
    )
    added, changed = run.stdout.splitlines()
    assert set(eval(added)) <= {'bool', 'int0', 'sctypes'}
    assert changed == '[]'


def test_importing_sets_no_environment_variable_and_starts_no_thread() -> None:
    run = run_python(
        'import torch, cv2, matplotlib, mmengine\n'  # what these do is theirs
        'import os, threading\n'
        'before, threads = dict(os.environ), threading.active_count()\n'
        'import pipeline.compat\n'
        'print(dict(os.environ) == before, threading.active_count() == threads)\n'
    )
    assert run.stdout == 'True True\n', run.stderr


def test_mmocr_augments_photos_and_their_polygons_with_imgaug() -> None:
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
    # The bright word is where its polygon says.
    y, x = np.nonzero(results['img'][..., 0] > 128)
    corners = results['gt_polygons'][0].reshape(-1, 2)
    assert corners.min(axis=0) == pytest.approx([x.min(), y.min()], abs=1.0)
    assert corners.max(axis=0) == pytest.approx([x.max() + 1, y.max() + 1], abs=1.0)
