"""PARSeq (Bautista & Atienza, ECCV 2022) on the frozen backbone of the embedded default.

The tokens of the encoder are the vectors of the backbone instead of patches.
"""

_base_ = ['./lcnet.py']

dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_start=True,
    with_end=True,
    with_padding=True,
)
model = dict(
    type='PARSeq',
    data_preprocessor=_base_.crops,
    backbone=_base_.backbone,
    encoder=dict(
        type='ViTEncoder',
        img_size=(1, 40),
        in_channels=384,
        patch_size=(1, 1),
        embed_dim=192,
        depth=2,
        num_heads=6,
    ),
    decoder=dict(
        type='PARSeqDecoder',
        dictionary=dictionary,
        embed_dim=192,
        num_heads=6,
        dropout=0.0,
        max_label_length=25,
        module_loss=dict(
            type='PermutationLanguageModelLoss',
            perm_num=6,
            too_long='ignore',
            unknown_chars='ignore',
        ),
        postprocessor=dict(type='PARSeqPostprocessor'),
    ),
)
