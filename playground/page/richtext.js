// What does a rich_text block look like? Its typed elements, one node each (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block).

import { h } from "./vdom.js";
import { emoji } from "./emoji.js";
import { channelLink, dated, link, mention } from "./mrkdwn.js";

const INLINE = {
  text: (part) => ({ text: part.text ?? "" }),
  emoji: (part) => ({ text: part.unicode ? fromCodes(part.unicode, part.name) : emoji(part.name ?? "") }),
  link: (part) => link(part.url ?? "", part.text),
  user: (part, names) => mention(part.user_id, names, null),
  channel: (part, names) => channelLink(part.channel_id, names, null),
  usergroup: (part) => h("span", { class: "mention" }, `@${part.usergroup_id}`),
  broadcast: (part) => h("span", { class: "mention mention-all" }, `@${part.range}`),
  date: (part) => dated(part.timestamp, part.format ?? "{date_num} {time}", { address: part.url, label: part.fallback }),
  color: (part) => h("code", null, part.value),
};

const WRAPS = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
];

function fromCodes(codes, name) {
  const points = String(codes).split("-").map((code) => Number.parseInt(code, 16));
  return points.every((point) => point > 0 && point <= 0x10ffff) ? String.fromCodePoint(...points) : emoji(name ?? "");
}

function inlineNodes(parts, names) {
  return (parts ?? []).map((part) => {
    const make = Object.hasOwn(INLINE, part.type) ? INLINE[part.type] : () => ({ text: part.text ?? "" });
    let node = make(part, names);
    for (const [style, tag] of WRAPS) if (part.style?.[style]) node = h(tag, null, node);
    return node;
  });
}

/** Nodes for a rich_text block or one of its sections. */
export function richText(block, names) {
  return (block?.elements ?? []).map((part) => {
    switch (part.type) {
      case "rich_text_list":
        return h(part.style === "ordered" ? "ol" : "ul", { class: `indent-${Math.min(part.indent ?? 0, 4)}` }, (part.elements ?? []).map((item) => h("li", null, inlineNodes(item.elements, names))));
      case "rich_text_preformatted":
        return h("pre", { class: "code-block" }, h("code", null, inlineNodes(part.elements, names)));
      case "rich_text_quote":
        return h("blockquote", null, inlineNodes(part.elements, names));
      default:
        return h("p", { class: "rich-section" }, inlineNodes(part.elements, names));
    }
  });
}
