"""DBNet (Liao et al., AAAI 2020) with a ResNet-18 of half width: 3.0 M parameters."""

model = dict(
    type='DBNet',
    data_preprocessor=dict(
        type='TextDetDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=32,
    ),
    backbone=dict(
        type='mmdet.ResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        frozen_stages=-1,
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=False,
        style='caffe',
    ),
    neck=dict(type='FPNC', in_channels=[32, 64, 128, 256], lateral_channels=96, out_channels=24),
    det_head=dict(
        type='DBHead',
        in_channels=96,
        # Words in street images are often 10 px high; MMOCR's minimum of 8 px would ignore them.
        module_loss=dict(type='DBModuleLoss', min_sidelength=4),
        postprocessor=dict(type='DBPostprocessor', text_repr_type='quad'),
    ),
)
