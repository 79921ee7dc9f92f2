"""Error analysis of a spotter: reports on detector, recognizer, scene context and submission."""
