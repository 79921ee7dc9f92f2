"""The PARSeq recognizer."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Mapping
from typing import Any

from mmocr.models.textrecog.recognizers import EncoderDecoderRecognizer

from pipeline.recognition.published_parseq import convert_published_parseq, is_published_parseq
from pipeline.registry import MODELS


@MODELS.register_module()
class PARSeq(EncoderDecoderRecognizer):
    """Scene text recognition with permuted autoregressive sequence models.

    Bautista & Atienza, ECCV 2022, arXiv 2207.06966. A :class:`ViTEncoder` encodes crops to tokens
    (N, T, D), and a :class:`PARSeqDecoder` decodes them in any order. Every encoder and decoder
    that MMOCR's ``EncoderDecoderRecognizer`` accepts can replace them. The model also loads
    weights with the parameter names of PARSeq's authors (``published_parseq``).

    Args:
        encoder: Config of the encoder.
        decoder: Config of the decoder.
        data_preprocessor: Config of the preprocessor, usually :class:`CropDataPreprocessor`.
        preprocessor: Config of a module on the pixels, such as a rectification network.
        backbone: Config of a network before the encoder.
        init_cfg: MMEngine's initialization config.
    """

    def __init__(
        self,
        encoder: dict,
        decoder: dict,
        data_preprocessor: dict | None = None,
        preprocessor: dict | None = None,
        backbone: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if isinstance(data_preprocessor, dict):
            # Without a default scope, MMEngine searches its own registry only.
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(
            preprocessor=preprocessor,
            backbone=backbone,
            encoder=encoder,
            decoder=decoder,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )

    def adapt_state(self, state: Mapping[str, Any], prefix: str = '') -> Mapping[str, Any]:
        """Convert a state dict with the names of PARSeq's authors to the names of this class.

        Args:
            state: State dict. It is not modified. It is returned if it needs no conversion.
            prefix: Prefix of this model's parameters. Other parameters stay the same.

        Raises:
            ValueError: If the charset of the weights differs from the decoder's dictionary.
        """
        own = {name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}
        if not is_published_parseq(own):
            return state
        others = {name: v for name, v in state.items() if not name.startswith(prefix)}
        converted = convert_published_parseq(own, self.decoder.dictionary)
        return others | {f'{prefix}{name}': v for name, v in converted.items()}

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        adapted = self.adapt_state(state_dict, prefix)
        if adapted is not state_dict:
            # In place: encoder and decoder load from the same dict afterwards.
            state_dict.clear()
            state_dict.update(adapted)
        super()._load_from_state_dict(state_dict, prefix, *args)
