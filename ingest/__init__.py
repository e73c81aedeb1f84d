"""Outside text becomes claims: lists, BibTeX, and the load with its difference."""
