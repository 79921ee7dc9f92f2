"""CLIPTER (arXiv 2301.07464) after the embedded default's detector; CLIP encodes each image once.

The recognizer is the compact PARSeq. After training
configs/recognition/parseq-compact_clip-vit-b32_mhca-early_scenes.py, pack the weights:

    clipter pack-spotter configs/spotting/default_clip-vit-b32_mhca-early.py \
        --recognizer work_dirs/parseq-compact_clip-vit-b32_mhca-early_scenes/iter_8000.pth \
        --out work_dirs/clipter_spotter.safetensors
    clipter infer photo.jpg --config configs/spotting/default_clip-vit-b32_mhca-early.py \
        --checkpoint work_dirs/clipter_spotter.safetensors
"""

_base_ = ['../../pipeline/weights/default_spotter.py']

load_from = None
dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_start=True,
    with_end=True,
    with_padding=True,
)
parseq = dict(
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
        dictionary=dictionary,
        embed_dim=192,
        num_heads=6,
        mlp_ratio=2.0,
        max_label_length=25,
        module_loss=dict(type='PermutationLanguageModelLoss'),
        postprocessor=dict(type='PARSeqPostprocessor'),
    ),
)
model = dict(
    rectifier=dict(_delete_=True, type='Rectifier', size=(32, 128)),
    recognizer=dict(
        _delete_=True,
        type='ContextRecognizer',
        recognizer=parseq,
        context_encoder=dict(
            type='ClipImageEncoder', arch='ViT-B-32', pretrained='openai', pooling=dict(kernel=1)
        ),
        # context_dim is the width of the tower, so that --tower can change it.
        fusion=dict(type='MultiHeadCrossAttention', embed_dim=192, num_heads=6, size='full'),
        stage='early',
    ),
)
