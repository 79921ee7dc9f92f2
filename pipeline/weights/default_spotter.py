"""The embedded default: a compact DBNet and a compact PARSeq; see README.md beside this file.

Complete in itself, so that it works wherever the package is installed.
"""

default_scope = 'mmocr'
load_from = '{{ fileDirname }}/default_spotter.safetensors'
model = dict(
    type='TextSpotter',
    detector=dict(
        type='TextDetector',
        long_side_px=1664,
        coarse_long_sides_px=(768, 352),
        coarse_min_side_px=24.0,
        detector=dict(
            type='DBNet',
            data_preprocessor=dict(
                type='PhotoDataPreprocessor',
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
            neck=dict(
                type='FPNC', in_channels=[32, 64, 128, 256], lateral_channels=96, out_channels=24
            ),
            det_head=dict(
                type='DBHead',
                in_channels=96,
                module_loss=dict(type='DBModuleLoss'),
                # Set on training photos and synthetic scenes.
                postprocessor=dict(
                    type='DBWordPostprocessor',
                    mask_thr=0.16,
                    min_text_score=0.36,
                    shrink_ratio=0.5,
                    curved_shrink_ratio=0.64,
                    end_margin=0.1,
                ),
            ),
        ),
    ),
    # Set as above.
    rectifier=dict(type='Rectifier', size=(32, 128), margin=(0.08, 0.03)),
    # What photos without text allow.
    min_score=0.4,
    recognizer=dict(
        type='PARSeq',
        data_preprocessor=dict(type='CropDataPreprocessor', bgr_to_rgb=True),
        encoder=dict(
            type='ViTEncoder',
            img_size=(32, 128),
            stem='conv',
            stem_cfg=dict(
                channels=(32, 64, 128, 192),
                strides=((2, 2), (2, 2), (2, 1), (2, 1)),
                blocks=(1, 1, 1, 0),
            ),
            embed_dim=192,
            depth=3,
            num_heads=6,
        ),
        decoder=dict(
            type='HybridDecoder',
            grid_size=(2, 32),
            finds_gaps=True,
            # Of English words and names; its weight is set as above.
            language_model=dict(type='LetterNgrams'),
            lm_weight=0.4,
            dictionary=dict(
                type='Dictionary',
                dict_file='{{ fileDirname }}/ascii94.txt',
                with_start=True,
                with_end=True,
                with_padding=True,
            ),
            embed_dim=192,
            num_heads=6,
            mlp_ratio=2.0,
            dropout=0.0,
            max_label_length=25,
            reader='parseq',
            module_loss=dict(type='PermutationLanguageModelLoss'),
            postprocessor=dict(type='PARSeqPostprocessor'),
        ),
    ),
)
