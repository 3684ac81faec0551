"""How do people talk with Clew: chat platforms, the command line and the composition root."""
