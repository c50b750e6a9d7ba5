"""What the product does: the conversation and the rules, with no framework."""
