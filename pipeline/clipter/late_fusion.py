"""Late fusion for decoders without a fusion argument, such as MMOCR's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

from torch import Tensor, nn

from pipeline.clipter.fusion_places import LatePlace
from pipeline.recognition.decoders.parseq_decoder import FeatureFusion

_active: ContextVar[tuple[nn.Module, FeatureFusion] | None] = ContextVar(
    'late fusion', default=None
)
_registering = Lock()


@contextmanager
def fuse_before(place: LatePlace, num_words: int, fuse: FeatureFusion) -> Iterator[None]:
    """Context manager that applies ``fuse`` to the input of a decoder's classifier.

    MMOCR's decoders call their classifier inside ``forward``, once or at each step, and have no
    argument for a fusion. Therefore a forward pre-hook is registered on the classifier once. The
    hook applies the fusion that is active for this module in this thread. The active fusion is a
    context variable, so that several threads can use one model. The hook stays registered; it does
    nothing outside this context manager.

    Args:
        place: Late place of the decoder.
        num_words: Number of words N.
        fuse: Fusion of (N, T, D) features, (N, D) features of one step, or (N, D, H, W) maps;
            returns the same shape.

    Raises:
        RuntimeError: If the classifier was not called, so that the scene had no effect.
    """
    calls = 0

    def count_and_fuse(features: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if not place.time_major:
            return fuse(features)
        steps = features.unflatten(0, (-1, num_words)).transpose(0, 1)  # (N, T, D)
        return fuse(steps).transpose(0, 1).flatten(0, 1)

    _ensure_hook(place.classifier)
    token = _active.set((place.classifier, count_and_fuse))
    try:
        yield
    finally:
        _active.reset(token)
    if not calls:
        raise RuntimeError(
            f'Late fusion needs the input of {type(place.classifier).__name__}, but the decoder '
            "did not call it. Set late_place of the decoder to its classifier, or stage='early'."
        )


def _ensure_hook(classifier: nn.Module) -> None:
    with _registering:  # two hooks would fuse twice
        if _fuse_input not in classifier._forward_pre_hooks.values():
            classifier.register_forward_pre_hook(_fuse_input)


def _fuse_input(classifier: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    active = _active.get()
    if active is None or active[0] is not classifier:
        return None
    return (active[1](args[0]), *args[1:])
