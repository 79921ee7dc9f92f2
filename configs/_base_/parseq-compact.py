"""PARSeq (Bautista & Atienza, ECCV 2022) with a convolutional stem: 2.6 M parameters.

Designed for CPUs: the stem reduces a 32 x 128 crop to 2 x 32 tokens, followed by three transformer
blocks and one decoder layer.
"""

dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_start=True,
    with_end=True,
    with_padding=True,
)
model = dict(
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
        type='PARSeqDecoder',
        dictionary=dictionary,
        embed_dim=192,
        num_heads=6,
        mlp_ratio=2.0,
        # One epoch of new synthetic words does not overfit.
        dropout=0.0,
        max_label_length=25,
        decode_ar=True,
        refine_iters=1,
        module_loss=dict(
            type='PermutationLanguageModelLoss',
            perm_num=6,
            too_long='ignore',
            unknown_chars='ignore',
        ),
        postprocessor=dict(type='PARSeqPostprocessor'),
    ),
)
