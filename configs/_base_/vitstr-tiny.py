"""ViTSTR-Tiny (Atienza, ICDAR 2021): the encoder of DeiT-Ti and a linear layer, 5 M parameters.

Crops are 32 x 128, as in PARSeq. See the class for differences from the paper.
"""

dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_start=True,
    with_end=True,
    with_padding=True,
)
model = dict(
    type='ViTSTR',
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
        type='ViTSTRDecoder',
        dictionary=dictionary,
        embed_dim=192,
        max_label_length=25,
        module_loss=dict(type='CEModuleLoss', flatten=True, reduction='mean'),
        postprocessor=dict(type='PARSeqPostprocessor'),
    ),
)
