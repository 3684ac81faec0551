// How does a small menu open? As a native popover beside its button, closed by Escape or a press elsewhere, walked with the arrows.

import { h } from "./vdom.js";

const GAP = 4;

/** A button with a menu of `items` ({label, hint?, href?, danger?, run}). `id` must be unique on the page. */
export function menu({ key, id, label, content, items, look = "icon-btn" }) {
  const popover = h("div", { id, popover: "auto", class: "menu", role: "menu", "aria-label": label, on: { toggle: place, keydown: walk } }, items.map(entry));
  const trigger = h("button", { type: "button", class: look, popovertarget: id, "aria-haspopup": "menu", "aria-label": label, title: label }, content);
  return h("span", { key, class: "menu-host" }, trigger, popover);
}

function entry(item) {
  const close = (event) => event.currentTarget.closest("[popover]").hidePopover();
  const run = (event) => {
    close(event);
    item.run?.();
  };
  const inner = [h("span", { class: "menu-label" }, item.label), item.hint ? h("small", null, item.hint) : null];
  if (item.href) return h("a", { class: "menu-item", role: "menuitem", href: item.href, target: "_blank", rel: "noopener noreferrer", on: { click: run } }, inner);
  return h("button", { type: "button", class: `menu-item ${item.danger ? "danger" : ""}`, role: "menuitem", "aria-label": item.name ?? null, on: { click: run } }, inner);
}

function place(event) {
  const box = event.currentTarget;
  if (event.newState !== "open") return;
  const anchor = box.previousElementSibling.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const below = anchor.bottom + GAP + height <= window.innerHeight;
  const left = Math.max(GAP, Math.min(anchor.right - width, window.innerWidth - width - GAP));
  box.style.setProperty("left", `${left}px`);
  box.style.setProperty("top", `${below ? anchor.bottom + GAP : Math.max(GAP, anchor.top - height - GAP)}px`);
  box.querySelector("[role=menuitem]")?.focus();
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  items.at((at + step + items.length) % items.length)?.focus();
}
