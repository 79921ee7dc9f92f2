"""Where a recognizer lets its scene in: the early and the late place of each decoder."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import Any

from mmocr.models.textrecog.decoders import (
    ABIFuser,
    ASTERDecoder,
    CRNNDecoder,
    MasterDecoder,
    NRTRDecoder,
    ParallelSARDecoder,
    PositionAttentionDecoder,
    RobustScannerFuser,
    SequenceAttentionDecoder,
    SequentialSARDecoder,
    SVTRDecoder,
)
from torch import nn

# These read the backbone's map themselves. SAR takes all it sees from there and no more than
# a first state from its encoder; RobustScanner's encoder gives the keys of attention alone, so a
# scene behind it could say where to look, but nothing of what is there.
_READS_BACKBONE: tuple[type, ...] = (
    ParallelSARDecoder,
    SequentialSARDecoder,
    RobustScannerFuser,
    SequenceAttentionDecoder,
    PositionAttentionDecoder,
)

# Classifiers by their names in the decoder; of several, the first that a decoder has.
_CLASSIFIERS: dict[type, tuple[str, ...]] = {
    # With a recurrent decoder the last linear layer, else the 1 x 1 convolution that is all of it.
    CRNNDecoder: ('decoder.1.embedding', 'decoder'),
    SVTRDecoder: ('decoder',),
    NRTRDecoder: ('classifier',),  # of SATRN too
    MasterDecoder: ('cls',),
    ParallelSARDecoder: ('prediction',),
    SequentialSARDecoder: ('prediction',),
    RobustScannerFuser: ('prediction',),
    # These two have a classifier where they do not serve a RobustScannerFuser.
    SequenceAttentionDecoder: ('prediction',),
    PositionAttentionDecoder: ('prediction',),
    ASTERDecoder: ('fc',),
    # The classifier whose answer counts: of vision and language joined, and through it, from the
    # second iteration on, of the text that the language model corrects. Without a language model
    # it is that of vision.
    ABIFuser: ('cls', 'vision_decoder.cls'),
}


@dataclass(frozen=True)
class LatePlace:
    """The classifier whose input is the late place.

    Args:
        classifier: The module.
        time_major: Whether it is given (T * N, D), step by step, in place of (N, T, D).
    """

    classifier: nn.Module
    time_major: bool = False

    @property
    def embed_dim(self) -> int | None:
        """D, the width of its input; None where the module does not say."""
        for name in ('in_features', 'in_channels'):
            if hasattr(self.classifier, name):
                return int(getattr(self.classifier, name))
        return None


def fuses_behind_backbone(recognizer: Any) -> bool:
    """Whether early fusion works on the backbone's features, in place of the encoder's.

    This is the case where there is no encoder, where the decoder reads the backbone's features
    beside the encoder's (then both carry the scene), and where the encoder or the decoder has
    the attribute ``early_place = 'backbone'``.
    """
    if not recognizer.with_encoder:
        return True
    parts = (recognizer.encoder, recognizer.decoder)
    place = next(filter(None, (getattr(part, 'early_place', None) for part in parts)), None)
    return place == 'backbone' if place else isinstance(recognizer.decoder, _READS_BACKBONE)


def takes_fuse_features(decoder: nn.Module) -> bool:
    """Whether a decoder calls late fusion itself, as those of this package do."""
    methods: Any = (getattr(decoder, name, None) for name in ('loss', 'predict', 'forward'))
    return all(method and 'fuse_features' in signature(method).parameters for method in methods)


def late_embed_dim(decoder: Any) -> int | None:
    """D at the late place; None where the decoder does not say.

    Raises:
        ValueError: If the decoder names no late place.
    """
    if takes_fuse_features(decoder):
        return getattr(decoder, 'embed_dim', None)
    return find_late_place(decoder).embed_dim


def find_late_place(decoder: nn.Module) -> LatePlace:
    """The late place of a decoder that does not call late fusion itself.

    A decoder of one's own names it by ``late_place``, the name of its classifier: a module that
    is called once with all features, (N, T, D), or at each step, with those of the step, (N, D).

    Raises:
        ValueError: If the decoder names none.
    """
    named = getattr(decoder, 'late_place', None)
    names: tuple[str, ...] = (named,) if named else ()
    for kind, known in _CLASSIFIERS.items():
        if not names and isinstance(decoder, kind):
            names = known
    for name in names:
        try:
            classifier = decoder.get_submodule(name)
        except AttributeError:
            continue
        time_major = isinstance(decoder, CRNNDecoder) and decoder.rnn_flag and not named
        return LatePlace(classifier, time_major)
    raise ValueError(
        f"stage='late', but {type(decoder).__name__} names no late place: it has no classifier "
        "that is known by name, no late_place, and no fuse_features. Set stage='early'."
    )
