"""The ViTSTR recognizer."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from mmocr.models.textrecog.recognizers import EncoderDecoderRecognizer

from pipeline.registry import MODELS


@MODELS.register_module()
class ViTSTR(EncoderDecoderRecognizer):
    """Vision transformer for scene text recognition: one encoder and a linear layer.

    Atienza, ICDAR 2021, arXiv 2105.08582. A :class:`ViTEncoder` encodes crops to tokens (N, T, D),
    and a :class:`ViTSTRDecoder` classifies the first tokens, one character per token. The input
    differs from the paper: crops of 32 x 128 in patches of 4 x 8 without a class token, as for
    PARSeq, instead of 224 x 224 in patches of 16 x 16. ViTSTR and PARSeq can therefore share
    crops, encoder and training recipes.

    Args:
        encoder: Config of the encoder.
        decoder: Config of the decoder.
        data_preprocessor: Config of the preprocessor, usually :class:`CropDataPreprocessor`.
        init_cfg: MMEngine's initialization config.
    """

    def __init__(
        self,
        encoder: dict,
        decoder: dict,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if isinstance(data_preprocessor, dict):
            # Without a default scope, MMEngine searches its own registry only.
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(
            encoder=encoder,
            decoder=decoder,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
