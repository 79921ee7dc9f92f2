"""The embedded default: the small PP-OCRv6 detector and recognizer; see README.md.

Complete in itself, so that it works wherever the package is installed.
"""

default_scope = 'mmocr'
load_from = '{{ fileDirname }}/default_spotter.safetensors'
model = dict(
    type='TextSpotter',
    detector=dict(
        type='TextDetector',
        long_side_px=1280,
        coarse_long_sides_px=(640, 320),
        coarse_min_side_px=24.0,
        detector=dict(
            type='DBNet',
            data_preprocessor=dict(
                type='PhotoDataPreprocessor',
                # ImageNet's RGB statistics applied to BGR: the published weights expect them.
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
                # Chosen on training images that the training leaves out.
                postprocessor=dict(
                    type='DBWordPostprocessor',
                    mask_thr=0.4,
                    min_text_score=0.6,
                    shrink_ratio=0.6,
                    end_margin=0.12,
                    curved_shrink_ratio=0.65,
                    curved_end_margin=0.0,
                ),
            ),
        ),
    ),
    # Widths in steps, so that no crop is padded.
    rectifier=dict(
        type='Rectifier',
        # The wide ones are for lines and long words.
        size=(
            48,
            (
                *(32, 48, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 288, 320, 384, 480),
                *(576, 672, 768, 896, 1024, 1216, 1440, 1728, 2048),
            ),
        ),
    ),
    # Chosen on training images that the training leaves out.
    min_score=0.5,
    recognizer=dict(
        type='EncoderDecoderRecognizer',
        data_preprocessor=dict(type='CropDataPreprocessor', bgr_to_rgb=False, pad_right=32),
        backbone=dict(
            type='PPLCNetV4',
            stem_channels=48,
            widths=(96, 192, 384),
            depths=(3, 7, 3),
            squeeze_excitation=((0,), (1, 3, 5), (1,)),
            strides=((2, 1), (2, 1)),
            pool=(3, 2),
        ),
        encoder=dict(type='LightSVTREncoder', in_channels=384, embed_dim=120),
        decoder=dict(
            type='CTCDecoder',
            dictionary=dict(
                type='Dictionary',
                dict_file='{{ fileDirname }}/latin.txt',
                with_padding=True,
            ),
            embed_dim=120,
            # Of English words and names.
            language_model=dict(type='LetterNgrams'),
            lm_weight=0.4,
        ),
    ),
)
