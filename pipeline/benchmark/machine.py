"""Description of the machine of a measurement."""

from __future__ import annotations

import contextlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import torch

from pipeline.utils.cores import count_cores

PACKAGES = (
    'torchvision',
    'numpy',
    'opencv-python',
    'mmocr',
    'mmdet',
    'mmengine',
    'mmcv-lite',
    'open_clip_torch',
    'pillow',
)


def describe_machine(device: torch.device) -> dict[str, Any]:
    """Device, processor, threads and versions, as a dictionary for JSON.

    Args:
        device: Device of the spotter.
    """
    return {
        'device': _name_device(device),
        'processor': _name_processor(),
        'cores': count_cores(),
        'threads': {'torch': torch.get_num_threads(), 'opencv': cv2.getNumThreads()},
        'system': platform.platform(),
        'python': platform.python_version(),
        'packages': {'torch': torch.__version__} | _find_versions(),
    }


def _name_device(device: torch.device) -> str:
    if device.type == 'cuda':
        return f'{device} ({torch.cuda.get_device_name(device)})'
    return str(device)


def _name_processor() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8', errors='replace').splitlines()
    except OSError:
        lines = []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.processor() or platform.machine()


def _find_versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions
