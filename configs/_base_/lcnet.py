"""The frozen backbone of the embedded default (PP-LCNetV4), for recognizers that are trained on it.

It computes one vector per 4 px of the crop's width. Only the encoder and the decoder are trained,
so a CPU is enough. ``clipter unpack-spotter --out work_dirs/default`` writes the weights.
"""

crops = dict(type='CropDataPreprocessor', bgr_to_rgb=False, pad_right=32)
backbone = dict(
    type='PPLCNetV4',
    stem_channels=48,
    widths=(96, 192, 384),
    depths=(3, 7, 3),
    squeeze_excitation=((0,), (1, 3, 5), (1,)),
    strides=((2, 1), (2, 1)),
    pool=(3, 1),
    frozen_stages=4,
    init_cfg=dict(
        type='Pretrained', checkpoint='work_dirs/default/recognizer.pth', prefix='backbone.'
    ),
)
