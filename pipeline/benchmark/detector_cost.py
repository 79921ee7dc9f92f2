"""What the detector of a spotter costs a photo, beside a well-known one in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.hub import get_config
from mmengine.registry import DefaultScope

from pipeline.detection.text_detector import TextDetector
from pipeline.onnx.spotter import OnnxDetector

PEER_CONFIG = 'mmocr::textdet/dbnet/dbnet_resnet18_fpnc_1200e_icdar2015.py'
"""MMOCR's smallest DBNet (Liao et al., AAAI 2020), tested at 1333 x 736 by its own config."""
PEER_LONG_SIDE_PX = 1312


@dataclass(frozen=True)
class DetectorCost:
    """Seconds a photo, each the median over all photos and passes.

    Attributes:
        whole: The spotter's detector, from the decoded photo to word polygons.
        network: Its network alone, at its own working size.
        peer: The network of MMOCR's DBNet with a ResNet-18, at its working size, in floats (the
            spotter's may compute in 8-bit integers). Its weights are random, which takes as long,
            but leaves its post-processing nothing to work on.
    """

    whole: float
    network: float
    peer: float


def build_peer(device: torch.device) -> TextDetector:
    """MMOCR's DBNet-R18 with random weights, its batch norm folded."""
    model = get_config(PEER_CONFIG).model
    model.backbone.init_cfg = None
    with DefaultScope.overwrite_default_scope('mmocr'):
        peer = TextDetector(model, long_side_px=PEER_LONG_SIDE_PX)
    peer.prepare_to_read(device)
    return peer.to(device).to(memory_format=torch.channels_last)


@torch.inference_mode()
def measure_detector_cost(
    detector: TextDetector | OnnxDetector,
    peer: TextDetector,
    photos: Sequence[np.ndarray],
    repeat: int = 3,
    on_pass: Callable[[], object] = lambda: None,
) -> DetectorCost:
    """Time both by turns, so that what else runs on the machine slows both.

    Args:
        detector: Of a spotter.
        peer: What it is compared with.
        photos: Decoded, (H, W, 3) uint8 BGR.
        repeat: Passes over the photos, after one that does not count.
        on_pass: Called after each pass.
    """
    times: dict[str, list[float]] = {'whole': [], 'network': [], 'peer': []}
    for number in range(repeat + 1):
        for photo in photos:
            seconds = {
                'whole': _time(lambda: detector([photo]), detector),  # noqa: B023
                'network': _time_network(detector, photo),
                'peer': _time_network(peer, photo),
            }
            for name, value in seconds.items():
                if number:
                    times[name].append(value)
        on_pass()
    return DetectorCost(**{name: statistics.median(values) for name, values in times.items()})


def _time_network(detector: Any, photo: np.ndarray) -> float:
    height, width = detector.pyramid.working_size(*photo.shape[:2])
    if isinstance(detector, OnnxDetector):
        image = np.zeros((1, height, width, 3), dtype=np.uint8)
        return _time(lambda: detector.network(image), detector)
    inputs = torch.zeros(1, 3, height, width, device=_device(detector))
    network = detector.detector
    return _time(
        lambda: network.det_head(network.extract_feat(inputs), [], mode='predict'), detector
    )


def _time(work: Callable[[], object], detector: Any) -> float:
    started = time.perf_counter()
    work()
    if _device(detector).type == 'cuda':
        torch.cuda.synchronize(_device(detector))
    return time.perf_counter() - started


def _device(detector: Any) -> torch.device:
    if isinstance(detector, OnnxDetector):
        return torch.device('cpu')
    return next(detector.parameters()).device
