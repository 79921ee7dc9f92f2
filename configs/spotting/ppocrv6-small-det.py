"""The small PP-OCRv6 detector with the default recognizer, for your own fine-tuned detector.

No weights are included: pack those of configs/detection/ppocrv6-small-det_synth-real.py with
clipter pack-spotter and pass them with ``--checkpoint``. The thresholds are those of the trial in
docs/experiments.md.
"""

_base_ = ['./default.py']

load_from = None
model = dict(
    detector=dict(
        _delete_=True,
        type='TextDetector',
        long_side_px=1120,
        detector=dict(
            type='DBNet',
            data_preprocessor=dict(
                type='PhotoDataPreprocessor',
                # ImageNet's statistics of RGB, applied to BGR: the published weights expect them.
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
                postprocessor=dict(
                    type='DBWordPostprocessor',
                    mask_thr=0.15,
                    min_text_score=0.3,
                    shrink_ratio=0.55,
                    end_margin=0.15,
                ),
            ),
        ),
    ),
)
