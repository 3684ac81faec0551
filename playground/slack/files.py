"""What was uploaded, and may a message show it already?"""

import secrets
import struct
import time
from dataclasses import dataclass, field
from pathlib import PurePath

from playground.slack.faults import Faults
from playground.slack.installation import BOT_USER, Json

MAX_BYTES = 50_000_000
FILES_KEPT = 1_000
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"GIF8", "gif", "image/gif"),
)


@dataclass
class File:
    """An upload; `completed_at` is monotonic seconds, 0 while the upload is not completed."""

    id: str
    name: str
    length: int
    alt_txt: str = ""
    title: str = ""
    data: bytes | None = None
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    created: int = field(default_factory=lambda: int(time.time()))
    completed_at: float = 0.0
    channels: list[str] = field(default_factory=list[str])

    @property
    def type(self) -> tuple[str, str]:
        """(filetype, mimetype) by content, else by name."""
        for start, filetype, mimetype in SIGNATURES:
            if (self.data or b"").startswith(start):
                return filetype, mimetype
        suffix = PurePath(self.name).suffix.removeprefix(".").lower()
        return (suffix or "text"), "application/json" if suffix == "json" else "text/plain"


@dataclass
class Files:
    """Uploads settle `settle_seconds` after completion: until then their type is unknown and blocks refuse them."""

    faults: Faults
    settle_seconds: float = 0.2
    by_id: dict[str, File] = field(default_factory=dict[str, File])
    url: str = ""

    def keep(self, file: File) -> None:
        """Remember a file; the oldest go once FILES_KEPT is passed."""
        self.by_id[file.id] = file
        while len(self.by_id) > FILES_KEPT:
            del self.by_id[next(iter(self.by_id))]

    def settled(self, file: File) -> bool:
        if self.faults.never_settle or not file.completed_at:
            return False
        return time.monotonic() - file.completed_at >= self.settle_seconds

    def citable(self, slack_file: Json) -> bool:
        """Whether an image block may point at it, by id or by its private URL."""
        file = self.by_id.get(str(slack_file.get("id", "")))
        if file is None and slack_file.get("url"):
            file = next((f for f in self.by_id.values() if self.private_url(f) == slack_file["url"]), None)
        return file is not None and self.settled(file) and file.type[1].startswith("image/")

    def private_url(self, file: File) -> str:
        return f"{self.url}/files/{file.id}/{file.name}"

    def shape(self, file: File) -> Json:
        """The file object of files.info."""
        settled = self.settled(file)
        filetype, mimetype = file.type if settled else ("", "")
        shape: Json = {"id": file.id, "created": file.created, "timestamp": file.created, "name": file.name}
        shape |= {"title": file.title or file.name, "mimetype": mimetype, "filetype": filetype, "size": file.length}
        shape |= {"pretty_type": filetype.upper(), "user": BOT_USER, "mode": "hosted", "is_external": False}
        shape |= {"editable": False, "is_public": bool(file.channels), "channels": list(file.channels), "groups": []}
        shape |= {"url_private": self.private_url(file), "url_private_download": self.private_url(file)}
        shape |= {"permalink": f"{self.url}/files/{file.id}/{file.name}", "has_rich_preview": False, "ims": []}
        if file.alt_txt:
            shape["alt_txt"] = file.alt_txt
        if settled and filetype == "png" and len(file.data or b"") >= 24:
            width, height = struct.unpack(">II", (file.data or b"")[16:24])
            shape |= {"original_w": width, "original_h": height, "thumb_360": self.private_url(file)}
        return shape
