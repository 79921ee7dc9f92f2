"""Where the scene is fused into a recognizer: the early and the late place of each decoder.

The early place is the output of the encoder or of the backbone. The late place is the input of the
decoder's classifier.
"""

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

# These decoders attend to the backbone's map. SAR uses its encoder only for the initial state, and
# RobustScanner uses it only for the attention keys, so fusing after the encoder would not change
# the attended values.
_READS_BACKBONE: tuple[type, ...] = (
    ParallelSARDecoder,
    SequentialSARDecoder,
    RobustScannerFuser,
    SequenceAttentionDecoder,
    PositionAttentionDecoder,
)

# Submodule names of the classifier; the first name that exists in the decoder is used.
_CLASSIFIERS: dict[type, tuple[str, ...]] = {
    # The last linear layer if the decoder is recurrent, else its only layer, a 1 x 1 convolution.
    CRNNDecoder: ('decoder.1.embedding', 'decoder'),
    SVTRDecoder: ('decoder',),
    NRTRDecoder: ('classifier',),  # also SATRN
    MasterDecoder: ('cls',),
    ParallelSARDecoder: ('prediction',),
    SequentialSARDecoder: ('prediction',),
    RobustScannerFuser: ('prediction',),
    # These two have a classifier unless they are branches of a RobustScannerFuser.
    SequenceAttentionDecoder: ('prediction',),
    PositionAttentionDecoder: ('prediction',),
    ASTERDecoder: ('fc',),
    # The classifier of the fused vision and language features gives the final output, and from
    # the second iteration on also the input of the language model. Without a language model, the
    # vision classifier gives the output.
    ABIFuser: ('cls', 'vision_decoder.cls'),
}


@dataclass(frozen=True)
class LatePlace:
    """The classifier whose input is the late place.

    Args:
        classifier: Classifier module.
        time_major: Whether the input is (T * N, D), time step first, instead of (N, T, D).
    """

    classifier: nn.Module
    time_major: bool = False

    @property
    def embed_dim(self) -> int | None:
        """D, width of the classifier's input; None if the module does not define it."""
        for name in ('in_features', 'in_channels'):
            if hasattr(self.classifier, name):
                return int(getattr(self.classifier, name))
        return None


def fuses_behind_backbone(recognizer: Any) -> bool:
    """Whether early fusion is applied to the backbone's features instead of the encoder's.

    This is the case if there is no encoder, if the decoder reads the backbone's features next to
    the encoder's (so that both contain the scene), or if the encoder or the decoder has the
    attribute ``early_place = 'backbone'``.
    """
    if not recognizer.with_encoder:
        return True
    parts = (recognizer.encoder, recognizer.decoder)
    place = next(filter(None, (getattr(part, 'early_place', None) for part in parts)), None)
    return place == 'backbone' if place else isinstance(recognizer.decoder, _READS_BACKBONE)


def takes_fuse_features(decoder: nn.Module) -> bool:
    """Whether a decoder has the argument ``fuse_features``, like those of this package."""
    methods: Any = (getattr(decoder, name, None) for name in ('loss', 'predict', 'forward'))
    return all(method and 'fuse_features' in signature(method).parameters for method in methods)


def late_embed_dim(decoder: Any) -> int | None:
    """Width D at the late place; None if the decoder does not define it.

    Raises:
        ValueError: If the decoder has no known late place.
    """
    if takes_fuse_features(decoder):
        return getattr(decoder, 'embed_dim', None)
    return find_late_place(decoder).embed_dim


def find_late_place(decoder: nn.Module) -> LatePlace:
    """Find the late place of a decoder without the argument ``fuse_features``.

    A custom decoder sets the attribute ``late_place`` to the name of its classifier: a module that
    is called once with all features (N, T, D), or once per step with the features of the step (N,
    D).

    Raises:
        ValueError: If the decoder has no known late place.
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
        f"stage='late', but {type(decoder).__name__} has no late place: it has no known "
        "classifier, no attribute late_place and no argument fuse_features. Set stage='early'."
    )
