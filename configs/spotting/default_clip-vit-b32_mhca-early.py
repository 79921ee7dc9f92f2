"""CLIPTER (arXiv 2301.07464) in the embedded default: each photo is seen by CLIP once.

The gate is closed until it is trained, and so reads as the default does. After training
configs/recognition/parseq-compact_clip-vit-b32_mhca-early_scenes.py, put the weights together:

    python tools/pack_spotter.py configs/spotting/default_clip-vit-b32_mhca-early.py \
        --recognizer work_dirs/parseq-compact_clip-vit-b32_mhca-early_scenes/iter_8000.pth \
        --out work_dirs/clipter_spotter.safetensors
    python tools/infer.py photo.jpg --config configs/spotting/default_clip-vit-b32_mhca-early.py \
        --checkpoint work_dirs/clipter_spotter.safetensors
"""

_base_ = ['../../pipeline/weights/default_spotter.py']

load_from = None
model = dict(
    recognizer=dict(
        _delete_=True,
        type='ContextRecognizer',
        recognizer=_base_.model.recognizer,
        context_encoder=dict(
            type='ClipImageEncoder', arch='ViT-B-32', pretrained='openai', pooling=dict(kernel=1)
        ),
        fusion=dict(
            type='MultiHeadCrossAttention', embed_dim=192, context_dim=768, num_heads=6, size='full'
        ),
        stage='early',
    ),
)
