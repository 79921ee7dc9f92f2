"""DBNet in 8-bit integers, which an x86 CPU computes about twice as fast as 32-bit floats."""

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

_ENGINE = 'onednn'  # the fastest of torch's on x86, with VNNI instructions and without


class _LogitNetwork(nn.Module):
    """All of DBNet that reading needs: (N, 3, H, W) to logits (N, 1, H, W)."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone: Any = detector.backbone
        self.neck: Any = detector.neck if detector.with_neck else nn.Identity()
        self.binarize: Any = detector.det_head.binarize

    def forward(self, image: Tensor) -> Tensor:
        return self.binarize(self.neck(self.backbone(image)))


def measure_ranges(detector: Any, photos: Iterable[Any]) -> Ranges:
    """Find what activations range over, for ``quantize_detector``.

    Each range is the one of least squared error over a histogram (torch's ``HistogramObserver``):
    values beyond it are clipped.

    Args:
        detector: A ``TextDetector`` around a DBNet in eval mode, batch norm folded
            (``fold_batch_norm``). It stays as it is.
        photos: (H, W, 3) uint8 BGR, a dozen or more like those to be read.

    Raises:
        ValueError: If it is no DBNet, or there is no photo.
    """
    observed = copy.deepcopy(detector)
    network = _prepare(observed.detector, 'HistogramObserver')
    _install(observed.detector, network)
    count = 0
    for photo in photos:
        observed([photo])
        count += 1
    if not count:
        raise ValueError('wanted photos to measure activations on, got none.')
    ranges = {}
    for name, observer in _observers(network):
        scale, zero = (float(value) for value in observer.calculate_qparams())
        ends = observer.quant_min, observer.quant_max
        ranges[name] = ((ends[0] - zero) * scale, (ends[1] - zero) * scale)
    return ranges


def quantize_detector(detector: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Make a DBNet compute in 8-bit integers, in place. It can read on a CPU then, nothing else.

    Static quantization after training (Jacob et al., CVPR 2018, arXiv 1712.05877): a scale for
    each filter and each activation. Weights take 7 of their 8 bits: on a CPU without VNNI
    instructions, sums of two products would overflow 16 bits.

    Args:
        detector: A ``TextDetector`` around a DBNet in eval mode, batch norm folded.
        ranges: Of ``measure_ranges``.

    Raises:
        ValueError: If it is no DBNet, or the ranges are another network's.
    """
    network = _prepare(detector.detector, 'MinMaxObserver')
    observers = _observers(network)
    wanted = {name for name, _ in observers}
    if wanted != set(ranges):
        raise ValueError(
            f'the ranges of activations are not those of this detector: '
            f'{sorted(wanted ^ set(ranges))[:4]}. Measure anew with tools/calibrate_int8.py.'
        )
    for name, observer in observers:
        low, high = ranges[name]
        observer.min_val, observer.max_val = torch.tensor(low), torch.tensor(high)
    with _engine(), _unwarned():
        network = _torch_quantization().quantize_fx.convert_fx(network)
    _install(detector.detector, network)


def can_quantize() -> bool:
    """Whether this machine's CPU and torch have the 8-bit kernels that are known to be faster."""
    if platform.machine().lower() not in ('x86_64', 'amd64'):
        return False
    try:
        _torch_quantization()
    except ImportError:  # it is going to move to torchao
        return False
    return _ENGINE in torch.backends.quantized.supported_engines


def _torch_quantization() -> Any:
    with _unwarned():
        from torch.ao import quantization
        from torch.ao.quantization import quantize_fx  # noqa: F401
    return quantization


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Without what torch says of its plans to move quantization to torchao."""
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
    """The network with an observer of this type of ``torch.ao.quantization`` at each activation."""
    if not isinstance(getattr(detector, 'det_head', None), DBHead):
        raise ValueError(
            f'only a DBNet can be computed in 8-bit integers, got {type(detector).__name__}.'
        )
    traced = fx.symbolic_trace(_LogitNetwork(detector).eval())
    for node in list(traced.graph.nodes):
        # Folded batch norms, which would part a convolution from its ReLU.
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
    # torch has no scale for each filter of a transposed convolution.
    mapping.set_object_type(nn.ConvTranspose2d, quantization.QConfig(observer, whole))
    example = (torch.zeros(1, 3, 64, 64),)
    with _unwarned():
        network = quantization.quantize_fx.prepare_fx(traced, mapping, example)
    for node in network.graph.nodes:
        if node.target is torch.cat:
            _share_observer(network, node)
    return network


def _share_observer(network: fx.GraphModule, cat: fx.Node) -> None:
    """One scale for all that is joined, which the joining takes for granted.

    torch sees to it for what is joined at once, not for what is enlarged before (FPNC).
    """
    passed = list(cat.all_input_nodes)
    for node in passed:  # which grows
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
    """Observers of activations by the name of what they observe first."""
    seen: dict[int, tuple[str, Any]] = {}
    for node in network.graph.nodes:
        if _is_observer(node):
            observer = network.get_submodule(str(node.target))
            seen.setdefault(id(observer), (node.args[0].name, observer))
    return list(seen.values())


def _install(detector: Any, network: nn.Module) -> None:
    """Let MMOCR's DBNet call one network for all three of its parts."""
    detector.backbone = network
    detector.neck = nn.Identity()
    detector.det_head.binarize = nn.Identity()
