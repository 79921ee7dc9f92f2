from __future__ import annotations

from mmocr.models.textrecog.recognizers import EncoderDecoderRecognizer

from pipeline.registry import MODELS


@MODELS.register_module()
class PARSeq(EncoderDecoderRecognizer):
    """Scene text recognition with permuted autoregressive sequence models.

    Bautista & Atienza, ECCV 2022, arXiv 2207.06966. A :class:`ViTEncoder` turns crops into tokens
    (N, T, D), a :class:`PARSeqDecoder` reads them in any order; MMOCR's encoder-decoder recognizer
    is the glue, so that whatever it accepts in their place fits here too.

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
            # MMEngine would look in its own registry only, unless a default scope is set.
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(
            preprocessor=preprocessor,
            backbone=backbone,
            encoder=encoder,
            decoder=decoder,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
