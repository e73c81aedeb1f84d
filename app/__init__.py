"""The front doors; no logic of their own."""
