"""DBNet in 8-bit integers, about twice as fast as 32-bit floats on an x86 CPU."""

from __future__ import annotations

import contextlib
import copy
import platform
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from mmocr.models.textdet.heads import DBHead
from torch import Tensor, fx, nn

from pipeline.detection.quantize.int8_ranges import Ranges

_ENGINE = 'onednn'  # torch's fastest engine on x86, with and without VNNI instructions


class _LogitNetwork(nn.Module):
    """The inference part of DBNet: images (I, 3, H, W) to logits (I, 1, H, W)."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone: Any = detector.backbone
        self.neck: Any = detector.neck if detector.with_neck else nn.Identity()
        self.binarize: Any = detector.det_head.binarize

    def forward(self, image: Tensor) -> Tensor:
        return self.binarize(self.neck(self.backbone(image)))


def measure_ranges(detector: Any, photos: Iterable[Any]) -> Ranges:
    """Measure activation ranges for ``quantize_detector``.

    Each range minimizes the squared quantization error over a histogram (torch's
    ``HistogramObserver``). Values outside of the range are clipped.

    Args:
        detector: A ``TextDetector`` around a DBNet in eval mode, with folded batch norm
            (``fold_batch_norm``). It is not modified.
        photos: Images (H, W, 3) uint8 BGR, a dozen or more, similar to the expected inputs.

    Raises:
        ValueError: If the detector is not a DBNet, or ``photos`` is empty.
    """
    observed = copy.deepcopy(detector)
    network = _prepare(observed.detector, 'HistogramObserver')
    _install(observed.detector, network)
    count = 0
    for photo in photos:
        observed([photo])
        count += 1
    if not count:
        raise ValueError('wanted images to measure activations on, got none.')
    ranges = {}
    for name, observer in _observers(network):
        scale, zero = (float(value) for value in observer.calculate_qparams())
        ends = observer.quant_min, observer.quant_max
        ranges[name] = ((ends[0] - zero) * scale, (ends[1] - zero) * scale)
    return ranges


def quantize_detector(detector: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Quantize a DBNet to 8-bit integers, in place, for inference on a CPU only.

    Static post-training quantization (Jacob et al., CVPR 2018, arXiv 1712.05877) with one scale
    per filter and per activation. Weights use 7 of 8 bits. With 8 bits, sums of two products
    overflow 16 bits on CPUs without VNNI instructions.

    Args:
        detector: A ``TextDetector`` around a DBNet in eval mode, with folded batch norm.
        ranges: Activation ranges from ``measure_ranges``.

    Raises:
        ValueError: If the detector is not a DBNet, or the ranges do not fit its network.
    """
    network = _prepare(detector.detector, 'MinMaxObserver')
    observers = _observers(network)
    wanted = {name for name, _ in observers}
    if wanted != set(ranges):
        raise ValueError(
            f'the activation ranges do not fit this detector, differing names: '
            f'{sorted(wanted ^ set(ranges))[:4]}. Measure them again with clipter calibrate-int8.'
        )
    for name, observer in observers:
        low, high = ranges[name]
        observer.min_val, observer.max_val = torch.tensor(low), torch.tensor(high)
    with _engine(), _unwarned():
        network = _torch_quantization().quantize_fx.convert_fx(network)
    _install(detector.detector, network)


def can_quantize() -> bool:
    """Whether the CPU is x86 and torch has the onednn 8-bit kernels, which are faster there."""
    if platform.machine().lower() not in ('x86_64', 'amd64'):
        return False
    try:
        _torch_quantization()
    except ImportError:  # torch plans to move it to torchao.
        return False
    return _ENGINE in torch.backends.quantized.supported_engines


def _torch_quantization() -> Any:
    with _unwarned():
        from torch.ao import quantization
        from torch.ao.quantization import quantize_fx  # noqa: F401
    return quantization


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Suppress torch's deprecation warnings about the move of quantization to torchao."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


@contextlib.contextmanager
def _engine() -> Iterator[None]:
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = _ENGINE
    try:
        yield
    finally:
        torch.backends.quantized.engine = before


def _prepare(detector: Any, observer_type: str) -> fx.GraphModule:
    """Trace the network and insert an observer at each activation.

    Args:
        detector: MMOCR's DBNet.
        observer_type: Name of an observer class in ``torch.ao.quantization``.
    """
    if not isinstance(getattr(detector, 'det_head', None), DBHead):
        raise ValueError(
            f'only a DBNet can be computed in 8-bit integers, got {type(detector).__name__}.'
        )
    traced = fx.symbolic_trace(_LogitNetwork(detector).eval())
    for node in list(traced.graph.nodes):
        # Remove the identities of folded batch norms, so that torch fuses convolution and ReLU.
        if node.op == 'call_module' and isinstance(traced.get_submodule(node.target), nn.Identity):
            node.replace_all_uses_with(node.args[0])
            traced.graph.erase_node(node)
    traced.recompile()
    quantization = _torch_quantization()
    observer = getattr(quantization, observer_type)
    seven_bits = {'dtype': torch.qint8, 'quant_min': -64, 'quant_max': 63}
    by_filter = quantization.PerChannelMinMaxObserver.with_args(
        qscheme=torch.per_channel_symmetric, **seven_bits
    )
    whole = quantization.MinMaxObserver.with_args(qscheme=torch.per_tensor_symmetric, **seven_bits)
    mapping = quantization.QConfigMapping().set_global(quantization.QConfig(observer, by_filter))
    # torch does not support per-filter scales for transposed convolutions.
    mapping.set_object_type(nn.ConvTranspose2d, quantization.QConfig(observer, whole))
    example = (torch.zeros(1, 3, 64, 64),)
    with _unwarned():
        network = quantization.quantize_fx.prepare_fx(traced, mapping, example)
    for node in network.graph.nodes:
        if node.target is torch.cat:
            _share_observer(network, node)
    return network


def _share_observer(network: fx.GraphModule, cat: fx.Node) -> None:
    """Use one observer, and so one scale, for all inputs and outputs of a concatenation.

    A quantized concatenation requires equal scales. torch shares the observer for direct inputs,
    but not for inputs that are interpolated first (FPNC).
    """
    passed = list(cat.all_input_nodes)
    for node in passed:  # The list grows during the loop.
        passed += [
            source
            for source in node.all_input_nodes
            if _is_observer(source) or source.target is nn.functional.interpolate
        ]
    observers = [str(node.target) for node in [*passed, *cat.users] if _is_observer(node)]
    for target in observers:
        setattr(network, target, network.get_submodule(observers[0]))


def _is_observer(node: fx.Node) -> bool:
    return node.op == 'call_module' and str(node.target).startswith('activation_post_process')


def _observers(network: fx.GraphModule) -> list[tuple[str, Any]]:
    """Pairs of the name of the first observed node and the observer."""
    seen: dict[int, tuple[str, Any]] = {}
    for node in network.graph.nodes:
        if _is_observer(node):
            observer = network.get_submodule(str(node.target))
            seen.setdefault(id(observer), (node.args[0].name, observer))
    return list(seen.values())


def _install(detector: Any, network: nn.Module) -> None:
    """Replace backbone, neck and head of MMOCR's DBNet by one network."""
    detector.backbone = network
    detector.neck = nn.Identity()
    detector.det_head.binarize = nn.Identity()
