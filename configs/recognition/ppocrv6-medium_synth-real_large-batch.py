"""PP-OCRv6's medium recognizer fine-tuned like the default's, on one GPU.

Its published weights are PP-OCRv6_medium_rec_safetensors on the Hugging Face Hub;
tools/convert_ppocr.py brings them into work_dirs/ppocrv6-medium.pth.
"""

_base_ = ['./ppocrv6-small_synth-real_large-batch.py', '../_base_/ppocrv6-medium.py']
