"""Draws specifications until its input ends: a process of its own, so that a drawing that hangs can be killed.

In: one JSON object a line, {"spec": {...}, "scale": 2}. Out: one line for each, the length of the PNG and then its bytes,
or `0 reason`. Imports nothing of Clew, and may fetch nothing: no address is allowed to a specification.
"""

import json
import sys

import vl_convert


def draw(line: bytes) -> tuple[bytes, str]:
    """(PNG, empty) or (empty, reason)."""
    try:
        asked = json.loads(line)
        png = vl_convert.vegalite_to_png(asked["spec"], scale=asked["scale"], allowed_base_urls=[])
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        return b"", " ".join(str(error).split())[:300] or type(error).__name__
    return png, ""


def main() -> None:
    for line in sys.stdin.buffer:
        png, reason = draw(line)
        sys.stdout.buffer.write(f"{len(png)} {reason}\n".encode() + png)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
