"""OpenAI's CLIP ViT-B-16: 1 + 14 x 14 tokens of a 224 px square, four times the cost."""

context_encoder = dict(type='ClipImageEncoder', arch='ViT-B-16', pretrained='openai')
# A batch of word crops alone does not touch the fusion; distributed training must not wait for it.
find_unused_parameters = True
