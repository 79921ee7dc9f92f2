"""Late fusion for decoders that know nothing of it, such as MMOCR's."""

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
    """While open, what a classifier is given passes through ``fuse`` first.

    A decoder of MMOCR calls its classifier somewhere inside ``forward``, once or at each step, and
    takes no argument for what should happen before. So the classifier gets a pre-hook, once, that
    asks whether a fusion is open: for this module, in this thread (a context variable, so that
    a server may read with one model in several threads). Nothing is left behind on leaving.

    Args:
        place: The late place of the decoder.
        num_words: N.
        fuse: From (N, T, D) features, (N, D) of one step or (N, D, H, W) of a map, to the same.

    Raises:
        RuntimeError: If the classifier was not called: the scene would have been lost silently.
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
            f'Late fusion waited before {type(place.classifier).__name__}, but the decoder did '
            "not call it. Name the decoder's classifier by late_place, or set stage='early'."
        )


def _ensure_hook(classifier: nn.Module) -> None:
    with _registering:  # twice registered would be twice fused
        if _fuse_input not in classifier._forward_pre_hooks.values():
            classifier.register_forward_pre_hook(_fuse_input)


def _fuse_input(classifier: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    active = _active.get()
    if active is None or active[0] is not classifier:
        return None
    return (active[1](args[0]), *args[1:])
