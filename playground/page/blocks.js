// What does a block look like? One small function for each kind; a kind that is not known is shown as its JSON, never dropped.

import { h } from "./vdom.js";
import { control, plain } from "./elements.js";
import { icon } from "./icons.js";
import { pictureSource, safeHref } from "./links.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { plan, taskCard } from "./plan.js";
import { richText } from "./richtext.js";
import { textOf } from "./surface.js";

/** Nodes for a list of blocks on a surface. A block that changes is highlighted for a moment. */
export function blocks(list, surface) {
  const seen = new Map();
  return (list ?? []).map((block) => {
    // Block ids change with every edit, so position within its kind is what stays the same.
    const nth = (seen.get(block.type) ?? 0) + 1;
    seen.set(block.type, nth);
    const make = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : unknown;
    const { block_id: _, ...said } = block;
    const flash = ["plan", "actions", "input"].includes(block.type) ? undefined : JSON.stringify(said);
    return h("div", { key: `${block.type}-${nth}`, class: `block block-${block.type}`, flash }, make(block, surface));
  });
}

/** A folded JSON view of something this page cannot draw. */
export function unknown(block) {
  const label = `${block?.type ?? "untyped"} block (not drawn here)`;
  return h("details", { class: "json-fold" }, h("summary", null, label), h("pre", { class: "code-block" }, h("code", null, JSON.stringify(block, null, 2).slice(0, 8000))));
}

function elements(list, block, surface) {
  const scope = surface.scope(block, true);
  return (list ?? []).map((element) => control(element, scope) ?? unknown(element));
}

function section(block, surface) {
  const accessory = block.accessory ? (block.accessory.type === "image" ? thumbnail(block.accessory) : elements([block.accessory], block, surface)) : null;
  return h("div", { class: accessory ? "section with-accessory" : "section" },
    h("div", { class: "section-body" },
      block.text ? h("div", { class: "text" }, textOf(block.text, surface.names)) : null,
      block.fields?.length ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "text" }, textOf(field, surface.names)))) : null),
    accessory ? h("div", { class: "accessory" }, accessory) : null);
}

function addressOf(image) {
  if (image.slack_file) {
    const { id, url } = image.slack_file;
    return url ? pictureSource(url) : pictureSource(`/files/${encodeURIComponent(id ?? "")}/picture`);
  }
  return image.image_url ? pictureSource(image.image_url) : null;
}

function thumbnail(image) {
  const source = addressOf(image);
  return source ? h("img", { class: "thumb", src: source, alt: image.alt_text ?? "", loading: "lazy" }) : h("span", { class: "thumb thumb-missing", role: "img", "aria-label": image.alt_text ?? "picture" }, icon("file"));
}

function image(block) {
  const source = addressOf(block);
  const title = block.title ? plain(block.title) : "";
  const outside = block.image_url ? safeHref(block.image_url) : null;
  const missing = outside ? h("a", { href: outside, target: "_blank", rel: "noopener noreferrer" }, "Open the picture (not on this server)") : "This picture is not there (any more).";
  const broken = (event) => event.currentTarget.closest("figure").classList.add("broken");
  return h("figure", { class: "picture" },
    title ? h("figcaption", null, title) : null,
    source
      ? h("a", { href: source, target: "_blank", rel: "noopener noreferrer", "aria-label": `Open picture: ${title || block.alt_text || "image"}` }, h("img", { src: source, alt: block.alt_text ?? "", decoding: "sync", on: { error: broken } }))
      : null,
    h("p", { class: source ? "picture-missing" : "picture-missing shown" }, missing, " ", block.alt_text ? h("span", null, block.alt_text) : null));
}

function context(block, surface) {
  return (block.elements ?? []).map((element) => (element.type === "image" ? thumbnail(element) : h("span", { class: "context-part" }, textOf(element, surface.names))));
}

function input(block, surface) {
  const id = surface.idOf(block, block.element);
  const error = surface.errors[block.block_id];
  const described = [block.hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(" ") || null;
  const many = ["radio_buttons", "checkboxes"].includes(block.element?.type);
  const scope = surface.scope(block, Boolean(block.dispatch_action), {
    "aria-describedby": described, "aria-invalid": error ? "true" : null, "aria-required": block.optional ? null : "true", ...(many ? { "aria-labelledby": `${id}-label` } : {}),
  });
  const label = [plain(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null];
  return h("div", { class: error ? "input has-error" : "input" },
    many ? h("span", { class: "label", id: `${id}-label` }, label) : h("label", { class: "label", for: id }, label),
    control(block.element ?? {}, scope) ?? unknown(block.element),
    error ? h("p", { class: "field-error", id: `${id}-error`, role: "alert" }, error) : null,
    block.hint ? h("p", { class: "hint", id: `${id}-hint` }, plain(block.hint)) : null);
}

function table(block, surface) {
  const [head, ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cell = (tag) => (one, at) => h(tag, { class: `align-${settings[at]?.align ?? "left"} ${settings[at]?.is_wrapped ? "wrapped" : ""}`, scope: tag === "th" ? "col" : null },
    one?.type === "rich_text" ? richText(one, surface.names) : String(one?.text ?? one?.value ?? ""));
  return h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", null, h("thead", null, h("tr", null, (head ?? []).map(cell("th")))), h("tbody", null, rows.map((row) => h("tr", null, row.map(cell("td")))))));
}

function container(block, surface) {
  const title = block.rich_text_title ? richText(block.rich_text_title, surface.names) : plain(block.title);
  const subtitle = block.subtitle ? h("small", null, textOf(block.subtitle, surface.names)) : null;
  const inner = blocks(block.child_blocks, surface);
  if (block.is_collapsible) return h("details", { class: "container", open: !block.default_collapsed }, h("summary", null, title, subtitle), inner);
  return h("section", { class: "container" }, h("h4", null, title, subtitle), inner);
}

const BLOCKS = {
  section,
  header: (block) => h("h3", { class: "header" }, plain(block.text)),
  divider: () => h("hr", null),
  context,
  actions: (block, surface) => h("div", { class: "actions", role: "group" }, elements(block.elements, block, surface)),
  context_actions: (block, surface) => h("div", { class: "context-actions" }, elements(block.elements, block, surface)),
  image,
  input,
  plan: (block, surface) => plan(block, surface.names),
  task_card: (block, surface) => taskCard(block, surface.names, "div"),
  markdown: (block) => h("div", { class: "text" }, markdown(block.text)),
  rich_text: (block, surface) => h("div", { class: "text" }, richText(block, surface.names)),
  table,
  container,
  alert: (block, surface) => h("div", { class: `alert alert-${block.level ?? "default"}`, role: "note" }, textOf(typeof block.text === "string" ? { type: "plain_text", text: block.text } : block.text, surface.names)),
};

/** A message's own text, when it has no blocks. */
export const bodyText = (text, names) => h("div", { class: "block block-text text" }, mrkdwn(text, names));
