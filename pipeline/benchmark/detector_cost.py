"""Time of a detector per image, compared with MMOCR's DBNet in the same run."""

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
from pipeline.onnx.parts import OnnxDetector

PEER_CONFIG = 'mmocr::textdet/dbnet/dbnet_resnet18_fpnc_1200e_icdar2015.py'
"""Config of MMOCR's smallest DBNet (Liao et al., AAAI 2020), which tests at 1333 x 736."""
PEER_LONG_SIDE_PX = 1312


@dataclass(frozen=True)
class DetectorCost:
    """Seconds per image, medians over all images and passes.

    Attributes:
        whole: Time of the detector, from the decoded image to the word polygons.
        network: Time of its network only, at its working size.
        peer: Time of the network of MMOCR's DBNet with a ResNet-18, at its working size.
            The weights are random, which does not change the time of
            the network. The postprocessing is not compared because it would find no words.
    """

    whole: float
    network: float
    peer: float


def build_peer(device: torch.device) -> TextDetector:
    """Build MMOCR's DBNet-R18 with random weights and folded batch norm."""
    model = get_config(PEER_CONFIG).model
    model.backbone.init_cfg = None
    with DefaultScope.overwrite_default_scope('mmocr'):
        peer = TextDetector(model, long_side_px=PEER_LONG_SIDE_PX)
    peer.prepare_to_read()
    return peer.to(device).to(memory_format=torch.channels_last)


@torch.inference_mode()
def measure_detector_cost(
    detector: TextDetector | OnnxDetector,
    peer: TextDetector,
    photos: Sequence[np.ndarray],
    repeat: int = 3,
    on_pass: Callable[[], object] = lambda: None,
) -> DetectorCost:
    """Time both detectors alternately, so other load on the machine affects both.

    Args:
        detector: Detector of a spotter.
        peer: Detector to compare with; see :func:`build_peer`.
        photos: Decoded images, (H, W, 3) uint8 BGR.
        repeat: Timed passes over the images, after one warm-up pass.
        on_pass: Callback after each pass.
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
