"""Whether scene context helps a recognizer, or only looks helpful."""
