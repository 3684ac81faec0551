"""What do the words mean: incidents, evidence, hypotheses, and the arithmetic that ranks causes. No I/O here."""
