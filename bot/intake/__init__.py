"""How does news reach Clew by itself: alerts and changes that others send."""
