"""Scene context of the embedded default: tower and fusion. The weights of both are beside it.

The recognizer itself is that of default_spotter.py, unchanged, so that readings without context are
those of the embedded default.
"""

model = dict(
    type='ContextRecognizer',
    context_encoder=dict(
        type='ClipImageEncoder',
        arch='clipter-lite0',
        pretrained='embedded',
        pooling=dict(kernel='inf'),
    ),
    fusion=dict(type='GatedAttention', embed_dim=384),
    stage='early',
    train_recognizer=False,
)
