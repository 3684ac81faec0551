"""Which code and which settings does a service run after a deploy?"""

import importlib.util
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from playground.shop.desk import Answer, Ask, Desk

Handler = Callable[[Desk, Ask], Awaitable[Answer]]


class BadRelease(Exception):
    """The checkout cannot be run as this service."""


@dataclass(frozen=True)
class Release:
    """One service at one commit: its routes ("GET /path" to handler) and its settings (nested, as in the YAML)."""

    version: str
    routes: Mapping[str, Handler]
    settings: Mapping[str, Any]


def loaded(folder: Path, version: str) -> Release:
    """The release whose handlers.py and settings.yaml lie in `folder`; raises BadRelease."""
    try:
        settings = yaml.safe_load((folder / "settings.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BadRelease(f"{folder}/settings.yaml cannot be read: {error}") from error
    name = f"shop_release_{folder.name}_{version}"
    spec = importlib.util.spec_from_file_location(name, folder / "handlers.py")
    if spec is None or spec.loader is None:
        raise BadRelease(f"{folder}/handlers.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (OSError, SyntaxError, ImportError, NameError) as error:
        raise BadRelease(f"{folder}/handlers.py cannot be loaded: {error}") from error
    return Release(version, cast("Mapping[str, Handler]", module.ROUTES), settings)
