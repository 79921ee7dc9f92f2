"""PARSeq-Ti (Bautista & Atienza, ECCV 2022, table 8): 6 M parameters."""

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
        stem='patch',
        patch_size=(4, 8),
        embed_dim=192,
        depth=12,
        num_heads=3,
    ),
    decoder=dict(
        type='PARSeqDecoder',
        dictionary=dictionary,
        embed_dim=192,
        # Decoder heads have half the width of encoder heads.
        num_heads=6,
        dropout=0.1,
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
