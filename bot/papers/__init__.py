"""Pictures and papers: facts in, bytes out."""
