"""The largest PARSeq, with the encoder of ViT-B."""

_base_ = ['./parseq-tiny.py']

model = dict(encoder=dict(embed_dim=768, num_heads=12), decoder=dict(embed_dim=768, num_heads=24))
