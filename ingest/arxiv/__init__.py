"""What arXiv says, as records: readers of its formats, a polite client, harvest and searches."""
