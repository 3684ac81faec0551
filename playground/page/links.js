// Which addresses may a message lead to? Web and mail only; pictures only from this server.

/** A safe href, or null: javascript:, data: and the like never become links. */
export function safeHref(url) {
  try {
    const parsed = new URL(String(url), window.location.href);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** Where this server has a picture, or null when it is somebody else's. Uploaded files are found by path, whatever host name the bot used. */
export function pictureSource(url) {
  const href = safeHref(url);
  if (href === null) return null;
  const parsed = new URL(href);
  if (parsed.pathname.startsWith("/files/")) return parsed.pathname + parsed.search;
  return parsed.origin === window.location.origin ? parsed.href : null;
}
