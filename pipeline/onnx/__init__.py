"""The spotter in ONNX Runtime: export of trained networks, and an engine without torch."""
