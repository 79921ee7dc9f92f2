from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from mmocr.models.textrecog.recognizers import EncoderDecoderRecognizer

from pipeline.registry import MODELS


@MODELS.register_module()
class ViTSTR(EncoderDecoderRecognizer):
    """Vision transformer for scene text recognition: one encoder and a linear layer.

    Atienza, ICDAR 2021, arXiv 2105.08582. A :class:`ViTEncoder` turns crops into tokens (N, T, D),
    a :class:`ViTSTRDecoder` reads one character off each of the first of them. It differs from
    the paper in its input: crops of 32 x 128 in patches of 4 x 8, as for PARSeq and without a class
    token, in place of 224 x 224 in patches of 16 x 16; so both share crops, encoder and recipes.

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
            # MMEngine would look in its own registry only, unless a default scope is set.
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(
            encoder=encoder,
            decoder=decoder,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
