// What does one message look like, and what can be done with it?

import { h } from "./vdom.js";
import { bodyText, blocks, unknown } from "./blocks.js";
import { emoji, QUICK_REACTIONS } from "./emoji.js";
import { icon } from "./icons.js";
import { pictureSource, safeHref } from "./links.js";
import { menu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { clock, dayKey, dayLabel, full } from "./time.js";

const SAME_SPEAKER = 300;

/** Who says a message: name, avatar colour and whether it is an app. */
export function speaker(message, app) {
  const { store } = app;
  const user = store.users.get(message.user) ?? (message.bot_id ? store.users.get(store.bot.user_id) : null);
  const isApp = Boolean(message.bot_id || user?.is_bot || message.subtype === "bot_message");
  return { id: user?.id ?? message.user ?? message.bot_id ?? "?", name: message.username || store.called(user), color: user?.color, isApp };
}

/** A person's or app's picture: initials on their colour, or the ball of thread. */
export function avatar({ name, color, isApp }, size = "") {
  const css = color ? { "--face": `#${String(color).replace(/[^0-9a-fA-F]/g, "")}` } : {};
  return h("span", { class: `avatar ${size} ${isApp ? "avatar-app" : ""}`, css, "aria-hidden": "true" }, isApp ? icon("clew") : name.slice(0, 1).toUpperCase());
}

/** A list of messages with day lines, oldest first. `inThread` drops the thread's own summaries. */
export function messageList(messages, app, { channel, inThread, threads }) {
  const nodes = [];
  let before = null;
  for (const message of messages) {
    if (!before || dayKey(before.ts) !== dayKey(message.ts)) {
      if (!inThread) nodes.push(h("div", { key: `day-${dayKey(message.ts)}`, class: "day", role: "separator" }, h("span", null, dayLabel(message.ts))));
      before = null;
    }
    nodes.push(messageNode(message, app, { channel, inThread, thread: threads?.get(message.ts), follows: continues(before, message) }));
    before = message;
  }
  return nodes;
}

function continues(before, message) {
  if (!before || before.subtype !== message.subtype || before.ephemeral || message.ephemeral) return false;
  return before.user === message.user && before.bot_id === message.bot_id && !message.blocks?.length && Number(message.ts) - Number(before.ts) < SAME_SPEAKER;
}

function messageNode(message, app, place) {
  const { channel, inThread, thread, follows } = place;
  const who = speaker(message, app);
  const system = /^(channel|group)_/.test(message.subtype ?? "");
  // Ids must differ between the timeline and the thread panel, which may show the same root.
  const spot = inThread ? "thread" : "main";
  const surface = app.surfaceOf(channel, message, spot);
  const open = message.ts === app.place.thread && !inThread;
  const seen = [message, thread ? `${thread.count} ${thread.last}` : "", follows, app.tick, surface.version, open].map((part) => part ?? null);
  const before = app.drawn.get(surface.key);
  if (before && before.seen.every((part, at) => part === seen[at])) return before.node;
  const looks = ["message", follows ? "follows" : "", system ? "system" : "", message.ephemeral ? "ephemeral" : "", open ? "open" : ""];
  const node = h("article", { key: message.ts, class: looks.filter(Boolean).join(" "), "data-testid": `message-${message.ts}`, "aria-label": `${who.name}, ${clock(message.ts)}` },
    message.ephemeral ? h("p", { class: "only-you" }, icon("eye"), "Only visible to you") : null,
    h("div", { class: "gutter" }, follows || system ? h("time", { title: full(message.ts) }, clock(message.ts)) : avatar(who)),
    h("div", { class: "content" },
      follows || system ? null : h("div", { class: "byline" }, h("span", { class: "author" }, who.name), who.isApp ? h("span", { class: "badge" }, "APP") : null, h("time", { title: full(message.ts) }, clock(message.ts)), message.subtype === "thread_broadcast" && !inThread ? h("span", { class: "muted" }, "replied to a thread") : null),
      body(message, app, surface),
      reactions(message, app, channel),
      !inThread && thread ? threadLink(message, thread, app) : null),
    system ? null : toolbar(message, app, { channel, inThread, spot }));
  app.drawn.set(surface.key, { seen, node });
  return node;
}

function body(message, app, surface) {
  const nodes = message.blocks?.length ? blocks(message.blocks, surface) : message.text ? [bodyText(message.text, app.names)] : [];
  if (message.edited && !message.bot_id) nodes.push(h("span", { class: "muted edited" }, "(edited)"));
  for (const attachment of message.attachments ?? []) nodes.push(attached(attachment, app, surface));
  for (const file of message.files ?? []) nodes.push(fileNode(file));
  return nodes;
}

function attached(attachment, app, surface) {
  const inner = attachment.blocks ? blocks(attachment.blocks, surface) : [attachment.pretext, attachment.title, attachment.text].filter(Boolean).map((text) => h("p", null, mrkdwn(text, app.names)));
  const color = /^#?[0-9a-f]{6}$/i.test(attachment.color ?? "") ? `#${attachment.color.replace("#", "")}` : "var(--line-strong)";
  return h("div", { class: "attachment", css: { "--bar": color } }, inner.length ? inner : unknown({ type: "attachment", ...attachment }));
}

function fileNode(file) {
  const source = pictureSource(file.url_private ?? `/files/${file.id}/${file.name ?? "file"}`);
  const name = file.title || file.name || file.id;
  const isPicture = source && (file.mimetype ?? "").startsWith("image/");
  return h("div", { class: "file" }, isPicture ? h("img", { src: source, alt: file.alt_txt ?? name }) : null,
    h("a", { class: "chip", href: source ? safeHref(source) : null, target: "_blank", rel: "noopener noreferrer" }, icon("file"), name));
}

function reactions(message, app, channel) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((one) => {
    const mine = (one.users ?? []).includes(app.store.me);
    const people = (one.users ?? []).map((id) => app.store.called(app.store.users.get(id))).join(", ");
    const count = one.count ?? one.users?.length ?? 0;
    const label = `${one.name}: ${count} (${people})`;
    return h("button", { key: one.name, type: "button", class: "reaction", "aria-pressed": String(mine), "aria-label": label, title: label, on: { click: () => app.act("react", { channel, ts: message.ts, name: one.name }) } }, emoji(one.name), h("span", null, String(count)));
  }));
}

function threadLink(message, thread, app) {
  const faces = thread.users.slice(0, 3).map((id) => app.face(id));
  const on = { click: () => app.go({ thread: message.ts }) };
  return h("button", { type: "button", class: "thread-link", on }, faces.map((face) => avatar(face, "tiny")),
    h("strong", null, `${thread.count} ${thread.count === 1 ? "reply" : "replies"}`), h("span", { class: "muted" }, `last at ${clock(thread.last)}`));
}

function toolbar(message, app, { channel, inThread, spot }) {
  if (message.ephemeral) return null;
  const id = `${spot}-${message.ts.replace(".", "-")}`;
  const react = (name) => ({ label: emoji(name), name: `React with ${name}`, run: () => app.act("react", { channel, ts: message.ts, name }) });
  const uses = app.store.shortcuts.filter((one) => one.type === "message" || one.type === "message_action");
  const items = uses.map((one) => ({ label: one.name, hint: app.store.bot.name, name: one.name, run: () => app.act("message_shortcut", { callback_id: one.callback_id, channel, ts: message.ts }) }));
  items.push({ label: "Copy link", name: "Copy link", run: () => app.copyLink(channel, message) });
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    menu({ key: "react", id: `react-${id}`, label: "Add reaction", content: icon("smile"), items: QUICK_REACTIONS.map(react) }),
    inThread ? null : h("button", { key: "reply", type: "button", class: "icon-btn", "aria-label": "Reply in thread", title: "Reply in thread", on: { click: () => app.go({ thread: message.thread_ts ?? message.ts, focus: "thread" }) } }, icon("reply")),
    menu({ key: "more", id: `more-${id}`, label: "More actions", content: icon("more"), items }));
}
