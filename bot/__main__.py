"""What does `python -m bot` do? The same as `clew`."""

from bot.cli import main

if __name__ == "__main__":
    main()
