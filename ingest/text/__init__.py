"""Who trained on what, from running text: titles, abstracts, prose. Touches no store."""
