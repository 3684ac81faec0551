"""Which cause comes first: pure arithmetic, arrays and tables in, frozen results out."""
