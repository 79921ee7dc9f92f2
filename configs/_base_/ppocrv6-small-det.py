"""PP-OCRv6's small detector (arXiv 2606.13108) as a DBNet: 2.5 M parameters."""

model = dict(
    type='DBNet',
    data_preprocessor=dict(
        type='PhotoDataPreprocessor',
        # ImageNet's RGB statistics applied to BGR, as in the training of the published weights.
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=False,
        pad_size_divisor=32,
    ),
    backbone=dict(
        type='PPLCNetV4',
        stem_channels=24,
        widths=(48, 96, 192, 384),
        depths=(2, 3, 5, 3),
        squeeze_excitation=((0,), (1,), (1, 3), (1,)),
        strides=(2, 2, 2),
        out_indices=(0, 1, 2, 3),
    ),
    neck=dict(type='RepLKFPN', in_channels=(48, 96, 192, 384), out_channels=96),
    det_head=dict(
        type='DBHead',
        in_channels=96,
        module_loss=dict(type='DBModuleLoss'),
        postprocessor=dict(type='DBWordPostprocessor'),
    ),
)
