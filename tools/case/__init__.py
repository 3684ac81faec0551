"""What does a recorded incident (case v1) say about itself, and what do its files hold?"""

from tools.case.brief import CaseBrief, case_incident
from tools.case.shelf import Shelf

__all__ = ["CaseBrief", "Shelf", "case_incident"]
