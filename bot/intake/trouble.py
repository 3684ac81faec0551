"""What is wrong with a body that could not be read, in words for whoever sends it?"""

from pydantic import ValidationError


def said(error: ValidationError) -> str:
    """The first few complaints, each with its place; never the content."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    told = [f"{'.'.join(str(part) for part in e['loc']) or 'the body'}: {e['msg']}" for e in found[:3]]
    return "; ".join(told)[:500] + (f"; and {len(found) - 3} more" if len(found) > 3 else "")
