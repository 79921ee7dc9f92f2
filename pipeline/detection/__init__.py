"""Text detection: MMOCR's detectors at several image sizes, and the words of DBNet's maps.

``db_words``, ``image_pyramid`` and ``detections`` are free of torch.
"""
