"""Who asks, who answers, who judges: the investigation graph and its specialists."""
