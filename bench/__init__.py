"""How right and how fast is Clew, measured."""
