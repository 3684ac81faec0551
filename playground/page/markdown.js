// What does a markdown block look like? The part of standard Markdown that chat messages use; anything else stays as written.

import { h } from "./vdom.js";
import { withEmoji } from "./emoji.js";
import { link } from "./mrkdwn.js";

const LONGEST = 12000;
const INLINE = /(`[^`\n]+`)|\[([^\]\n]{1,500})\]\(([^)\s]{1,2000})\)|(\*\*|__)(?=\S)([^\n]{1,1000}?\S)\4|(~~)(?=\S)([^\n]{1,1000}?)~~|(?<![\w*])([*_])(?=[^\s*_])([^\n*]{1,1000}?)\8(?![\w*])/gu;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBER = /^\s*\d{1,9}[.)]\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const TABLE_RULE = /^\s*\|?[\s:|-]*-[\s:|-]*$/;

/** Inline nodes for one line of Markdown. */
function spans(text, depth = 0) {
  const nodes = [];
  let from = 0;
  for (const found of depth > 4 ? [] : text.matchAll(INLINE)) {
    if (found.index > from) nodes.push({ text: withEmoji(text.slice(from, found.index)) });
    nodes.push(spanNode(found, depth + 1));
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push({ text: withEmoji(text.slice(from)) });
  return nodes;
}

function spanNode([whole, code, label, address, strong, strongText, strike, strikeText, , emText], depth) {
  if (code) return h("code", null, code.slice(1, -1));
  if (label) return link(address, label);
  if (strong) return h("strong", null, spans(strongText, depth));
  if (strike) return h("s", null, spans(strikeText, depth));
  return emText ? h("em", null, spans(emText, depth)) : { text: whole };
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

/** Nodes for one markdown block's text. */
export function markdown(text) {
  const source = String(text ?? "").slice(0, LONGEST).split("\n");
  const nodes = [];
  let at = 0;
  while (at < source.length) {
    const taken = fence(source, at, nodes) || table(source, at, nodes) || list(source, at, nodes) || quote(source, at, nodes) || single(source, at, nodes);
    at += taken;
  }
  return nodes;
}

function run(source, at, test) {
  let end = at;
  while (end < source.length && test(source[end], end)) end += 1;
  return source.slice(at, end);
}

function fence(source, at, nodes) {
  if (!source[at].startsWith("```")) return 0;
  const body = run(source, at + 1, (line) => !line.startsWith("```"));
  nodes.push(h("pre", { class: "code-block" }, h("code", null, body.join("\n"))));
  return body.length + 2;
}

function table(source, at, nodes) {
  if (!source[at].includes("|") || !TABLE_RULE.test(source[at + 1] ?? "")) return 0;
  const rows = run(source, at + 2, (line) => line.includes("|"));
  const row = (line, tag) => h("tr", null, cells(line).map((cell) => h(tag, null, spans(cell))));
  nodes.push(h("div", { class: "table-wrap", tabindex: "0" }, h("table", null, h("thead", null, row(source[at], "th")), h("tbody", null, rows.map((line) => row(line, "td"))))));
  return rows.length + 2;
}

function list(source, at, nodes) {
  const kind = BULLET.test(source[at]) && !RULE.test(source[at]) ? [BULLET, "ul"] : NUMBER.test(source[at]) ? [NUMBER, "ol"] : null;
  if (!kind) return 0;
  const items = run(source, at, (line) => kind[0].test(line));
  nodes.push(h(kind[1], null, items.map((line) => h("li", null, spans(line.match(kind[0])[1])))));
  return items.length;
}

function quote(source, at, nodes) {
  const body = run(source, at, (line) => line.startsWith(">"));
  if (body.length) nodes.push(h("blockquote", null, body.flatMap((line, n) => [n ? h("br", null) : null, ...spans(line.replace(/^>\s?/, ""))])));
  return body.length;
}

function single(source, at, nodes) {
  const line = source[at];
  const heading = line.match(HEADING);
  if (RULE.test(line)) nodes.push(h("hr", null));
  else if (heading) nodes.push(h("h4", { class: "md-heading" }, spans(heading[2])));
  else if (line.trim() !== "") {
    const plain = (next, n) => n === at || (next.trim() !== "" && !HEADING.test(next) && !BULLET.test(next) && !NUMBER.test(next) && !next.startsWith(">") && !next.startsWith("```"));
    const body = run(source, at, plain);
    nodes.push(h("p", null, body.flatMap((one, n) => [n ? h("br", null) : null, ...spans(one)])));
    return body.length;
  }
  return 1;
}
