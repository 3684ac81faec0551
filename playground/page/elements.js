// What can be pressed, chosen and typed in a block? Each interactive element as a native control that reports a block_action.

import { h } from "./vdom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import { safeHref } from "./links.js";
import { withEmoji } from "./emoji.js";

const INPUTS = { email_text_input: "email", url_text_input: "url", number_input: "number", datepicker: "date", timepicker: "time" };
const INPUT_FIELDS = { datepicker: ["initial_date", "selected_date"], timepicker: ["initial_time", "selected_time"] };
const ICONS = { trash: "trash" };

export const plain = (text) => (typeof text === "string" ? text : text?.emoji === false ? (text.text ?? "") : withEmoji(text?.text ?? ""));

/** All options of an element, groups flattened. */
const options = (element) => [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options ?? [])];

/** What an untouched element already holds, as `state.values` would say it; null for a button. */
export function initial(element) {
  const type = element.type;
  if (type === "plain_text_input" || (type in INPUTS && !(type in INPUT_FIELDS))) return { type, value: element.initial_value ?? null };
  if (type in INPUT_FIELDS) return { type, [INPUT_FIELDS[type][1]]: element[INPUT_FIELDS[type][0]] ?? null };
  if (type === "static_select" || type === "radio_buttons") return { type, selected_option: element.initial_option ?? null };
  if (type === "checkboxes" || type === "multi_static_select") return { type, selected_options: element.initial_options ?? [] };
  if (type === "users_select") return { type, selected_user: element.initial_user ?? null };
  if (type === "channels_select") return { type, selected_channel: element.initial_channel ?? null };
  if (type === "conversations_select") return { type, selected_conversation: element.initial_conversation ?? null };
  return null;
}

/** The control for one element, or null when the kind is unknown. `scope` says where it stands and takes what happens. */
export function control(element, scope) {
  const make = Object.hasOwn(CONTROLS, element.type) ? CONTROLS[element.type] : element.type in INPUTS ? typed : null;
  return make ? make(element, scope) : null;
}

function changed(element, scope, value) {
  scope.hold(element, { type: element.type, ...value });
  if (scope.reports) scope.press(element, value);
}

function button(element, scope) {
  const look = `btn ${element.style === "primary" ? "btn-primary" : element.style === "danger" ? "btn-danger" : ""}`;
  const label = element.accessibility_label || null;
  const href = element.url ? safeHref(element.url) : null;
  const shared = { key: element.action_id, class: look, "aria-label": label, "data-action": element.action_id };
  const text = plain(element.text);
  if (href) {
    const on = { click: () => scope.press(element, { value: element.value }) };
    return h("a", { ...shared, href, target: "_blank", rel: "noopener noreferrer", on }, text, h("span", { class: "outward", "aria-hidden": "true" }, "↗"));
  }
  const busy = scope.busy(element);
  return h("button", { ...shared, type: "button", "aria-busy": busy ? "true" : null, on: { click: () => !busy && scope.press(element, { value: element.value }) } }, text);
}

function iconButton(element, scope) {
  if (element.visible_to_user_ids?.length && !element.visible_to_user_ids.includes(scope.names.me)) return null;
  const label = element.accessibility_label || plain(element.text);
  const on = { click: () => scope.press(element, { value: element.value }) };
  return h("button", { key: element.action_id, type: "button", class: "icon-btn", "aria-label": label, title: plain(element.text), on }, icon(ICONS[element.icon] ?? "more"));
}

function feedback(element, scope) {
  const chosen = scope.chosen(element);
  const one = (side, name) => {
    const part = element[side] ?? {};
    const on = { click: () => scope.press(element, { value: part.value, text: part.text }) };
    const label = part.accessibility_label || plain(part.text);
    return h("button", { type: "button", class: "icon-btn", "aria-label": label, title: label, "aria-pressed": String(chosen === part.value), on }, icon(name));
  };
  return h("span", { key: element.action_id, class: "feedback", role: "group", "aria-label": "Was this useful?" }, one("positive_button", "up"), one("negative_button", "down"));
}

function overflow(element, scope) {
  const items = (element.options ?? []).map((option) => {
    const href = option.url ? safeHref(option.url) : null;
    return { label: plain(option.text), hint: plain(option.description), href, run: () => scope.press(element, { selected_option: option }) };
  });
  return menu({ key: element.action_id, id: scope.idOf(element), label: "More options", content: icon("more"), items });
}

function select(element, scope) {
  const all = options(element);
  const held = scope.held(element) ?? initial(element);
  const many = element.type === "multi_static_select";
  const picked = many ? held.selected_options : [held.selected_option];
  const isPicked = (option) => (picked ?? []).some((one) => one?.value === option.value);
  const option = (one) => h("option", { value: one.value, selected: isPicked(one) }, plain(one.text));
  const on = {
    change: (event) => {
      const values = [...event.currentTarget.selectedOptions].map((node) => all.find((one) => one.value === node.value)).filter(Boolean);
      changed(element, scope, many ? { selected_options: values } : { selected_option: values[0] ?? null });
    },
  };
  const placeholder = many ? null : h("option", { value: "", disabled: true, selected: !all.some(isPicked) }, plain(element.placeholder) || "Choose one");
  const groups = (element.option_groups ?? []).map((group) => h("optgroup", { label: plain(group.label) }, (group.options ?? []).map(option)));
  return h("select", { ...scope.labelled(element), key: element.action_id, class: "field select", multiple: many, on }, placeholder, (element.options ?? []).map(option), groups);
}

function among(kind, pool) {
  return (element, scope) => {
    const held = scope.held(element) ?? initial(element);
    const on = { change: (event) => changed(element, scope, { [`selected_${kind}`]: event.currentTarget.value }) };
    const entries = pool(scope.names).map(([id, name]) => h("option", { value: id, selected: held[`selected_${kind}`] === id }, name));
    const placeholder = h("option", { value: "", disabled: true, selected: !held[`selected_${kind}`] }, plain(element.placeholder) || "Choose one");
    return h("select", { ...scope.labelled(element), key: element.action_id, class: "field select", on }, placeholder, entries);
  };
}

function choices(element, scope) {
  const many = element.type === "checkboxes";
  const held = scope.held(element) ?? initial(element);
  const picked = many ? held.selected_options : [held.selected_option];
  const choose = (event) => {
    const nodes = [...event.currentTarget.closest(".choices").querySelectorAll("input:checked")];
    const values = nodes.map((node) => element.options[Number(node.dataset.at)]);
    changed(element, scope, many ? { selected_options: values } : { selected_option: values[0] ?? null });
  };
  const rows = (element.options ?? []).map((option, at) =>
    h("label", { class: "choice" },
      h("input", { type: many ? "checkbox" : "radio", name: scope.idOf(element), "data-at": String(at), checked: (picked ?? []).some((one) => one?.value === option.value), on: { change: choose } }),
      h("span", null, scope.textOf(option.text), option.description ? h("small", null, scope.textOf(option.description)) : null)),
  );
  return h("div", { ...scope.labelled(element), id: null, key: element.action_id, class: "choices", role: many ? "group" : "radiogroup" }, rows);
}

function typed(element, scope) {
  const held = scope.held(element) ?? initial(element);
  const field = INPUT_FIELDS[element.type]?.[1] ?? "value";
  const long = Boolean(element.multiline);
  const hold = (event) => scope.hold(element, { type: element.type, [field]: event.currentTarget.value || null });
  const on = {
    input: hold,
    keydown: (event) => {
      const wanted = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
      if (event.key === "Enter" && scope.reports && wanted.includes("on_enter_pressed") && !long) scope.press(element, { [field]: event.currentTarget.value });
    },
  };
  const shared = {
    ...scope.labelled(element), key: element.action_id, class: "field", on, value: held[field] ?? "", placeholder: plain(element.placeholder) || null,
    maxlength: element.max_length ?? null, minlength: element.min_length ?? null, autocomplete: "off", autofocus: element.focus_on_load ?? null,
  };
  return long ? h("textarea", { ...shared, rows: "4" }) : h("input", { ...shared, type: INPUTS[element.type] ?? "text", min: element.min_value ?? null, max: element.max_value ?? null });
}

const CONTROLS = {
  button,
  workflow_button: button,
  icon_button: iconButton,
  feedback_buttons: feedback,
  overflow,
  static_select: select,
  multi_static_select: select,
  radio_buttons: choices,
  checkboxes: choices,
  plain_text_input: typed,
  users_select: among("user", (names) => names.people().map((user) => [user.id, names.called(user)])),
  channels_select: among("channel", (names) => names.channels().map((channel) => [channel.id, `#${channel.name}`])),
  conversations_select: among("conversation", (names) => names.channels().map((channel) => [channel.id, `#${channel.name}`])),
};
