// What does Slack's mrkdwn look like? One pass over the text, bounded, never interpreting anything as markup of the page.

import { h } from "./vdom.js";
import { withEmoji } from "./emoji.js";
import { safeHref } from "./links.js";
import { slackDate } from "./time.js";

const LONGEST = 20000;
const DEEPEST = 6;
const STYLES = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Nodes for one mrkdwn text (https://docs.slack.dev/messaging/formatting-message-text). `names` tells users and channels. */
export function mrkdwn(text, names) {
  const source = String(text ?? "");
  const shown = source.length > LONGEST ? source.slice(0, LONGEST) : source;
  const nodes = shown.split("```").flatMap((part, at, all) => {
    const fenced = at % 2 === 1 && at < all.length - 1;
    if (fenced) return [h("pre", { class: "code-block" }, h("code", null, unescape(part.replace(/^\n/, "").replace(/\n$/, ""))))];
    const loose = at % 2 === 1 ? "```" + part : part;
    return lines(at > 0 ? loose.replace(/^\n/, "") : loose, names);
  });
  if (source.length > LONGEST) nodes.push(h("p", { class: "cut" }, `${source.length - LONGEST} more characters are not shown.`));
  return nodes;
}

function lines(text, names) {
  const nodes = [];
  let quote = null;
  let first = true;
  if (text === "") return nodes;
  for (const line of text.split("\n")) {
    const quoted = line.startsWith("&gt;") ? line.slice(4) : line.startsWith(">") ? line.slice(1) : null;
    if (quoted !== null) {
      if (quote === null) nodes.push((quote = h("blockquote", null)));
      else quote.children.push(h("br", null));
      quote.children.push(...inline(quoted.trimStart(), names));
      first = true;
      continue;
    }
    if (!first) nodes.push(h("br", null));
    nodes.push(...inline(line, names));
    quote = null;
    first = false;
  }
  return nodes;
}

/** Nodes for one line: tokens, code, styles, emoji and text. */
export function inline(line, names, depth = 0) {
  const nodes = [];
  const hopeless = new Set();
  let plain = "";
  const flush = () => {
    if (plain) nodes.push({ text: withEmoji(unescape(plain)) });
    plain = "";
  };
  let at = 0;
  while (at < line.length) {
    const found = special(line, at, { names, depth, hopeless });
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += line[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function special(line, at, context) {
  const mark = line[at];
  if (mark === "<") return token(line, at, context);
  if (mark === "`") return code(line, at, context.hopeless);
  if (mark in STYLES && context.depth < DEEPEST) return styled(line, at, context);
  return null;
}

function code(line, at, hopeless) {
  if (hopeless.has("`")) return null;
  const end = line.indexOf("`", at + 1);
  if (end < 0) hopeless.add("`");
  if (end <= at + 1) return null;
  return { node: h("code", null, unescape(line.slice(at + 1, end))), end: end + 1 };
}

function styled(line, at, { names, depth, hopeless }) {
  const mark = line[at];
  const before = line[at - 1];
  const after = line[at + 1];
  if (hopeless.has(mark) || (before && WORD.test(before)) || !after || after === " " || after === mark) return null;
  for (let end = line.indexOf(mark, at + 2); end > 0; end = line.indexOf(mark, end + 1)) {
    const next = line[end + 1];
    if (line[end - 1] !== " " && !(next && WORD.test(next))) {
      return { node: h(STYLES[mark], null, inline(line.slice(at + 1, end), names, depth + 1)), end: end + 1 };
    }
  }
  hopeless.add(mark);
  return null;
}

function token(line, at, { names, hopeless }) {
  if (hopeless.has("<")) return null;
  const end = line.indexOf(">", at);
  if (end < 0) hopeless.add("<");
  if (end < 0 || end === at + 1) return null;
  const node = meaning(line.slice(at + 1, end), names);
  return node ? { node, end: end + 1 } : null;
}

function meaning(body, names) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? null : unescape(body.slice(bar + 1));
  if (target.startsWith("@")) return mention(target.slice(1), names, label);
  if (target.startsWith("#")) return channelLink(target.slice(1), names, label);
  if (target.startsWith("!")) return command(target.slice(1), label);
  return link(unescape(target), label);
}

export function mention(id, names, label) {
  const user = names.user(id);
  const mine = id === names.me;
  return h("span", { class: mine ? "mention mention-me" : "mention" }, `@${user ? names.called(user) : label || id}`);
}

export function channelLink(id, names, label) {
  const channel = names.channel(id);
  if (!channel) return h("span", { class: "mention" }, `#${label || id}`);
  return h("a", { class: "mention", href: names.addressOf(id), "data-channel": id }, `#${channel.name}`);
}

function command(body, label) {
  const [kind, first, format, address] = body.split("^");
  if (kind === "date") return dated(first, format ?? "{date_num} {time}", { address, label });
  if (kind.startsWith("subteam")) return h("span", { class: "mention" }, label || `@${first ?? "group"}`);
  return h("span", { class: "mention mention-all" }, label ? label : `@${kind}`);
}

export function dated(seconds, format, { address, label }) {
  const text = seconds === "" ? null : slackDate(seconds, unescape(format));
  const node = h("time", { title: label || null }, text ?? label ?? "an unknown time");
  const href = address ? safeHref(unescape(address)) : null;
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, node) : node;
}

export function link(address, label) {
  const href = /^(https?:|mailto:)/i.test(address) ? safeHref(address) : null;
  if (href === null) return h("span", null, `<${label ? `${address}|${label}` : address}>`);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label || address.replace(/^mailto:/i, ""));
}
