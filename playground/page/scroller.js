// When does a list of messages move by itself? Only while its end is in sight; otherwise what is being read stays where it is.

import { h } from "./vdom.js";

const NEAR = 48;

/** A scrolling list that follows its end, with a button back to it. */
export function scroller({ key, label, look = "", role = "log" }, ...children) {
  const jump = (event) => toEnd(event.currentTarget.closest(".scroller").querySelector(".scroll"));
  return h("div", { key, class: `scroller ${look}` },
    h("div", { class: "scroll", role, "aria-label": label, "aria-relevant": "additions", tabindex: "0", mount: follow }, h("div", { class: "scroll-inner" }, children)),
    h("button", { type: "button", class: "jump", on: { click: jump } }, "Latest ↓"));
}

function toEnd(node) {
  node.scrollTop = node.scrollHeight;
}

function follow(node) {
  let pinned = true;
  let last = 0;
  const keep = () => {
    if (pinned) toEnd(node);
    node.parentNode?.classList.toggle("away", !pinned);
  };
  node.addEventListener("scroll", () => {
    // Growth between a scroll and its event looks like distance too; only going up means a person let go of the end.
    const near = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
    pinned = near || (pinned && node.scrollTop >= last);
    last = node.scrollTop;
    node.parentNode?.classList.toggle("away", !pinned);
  }, { passive: true });
  const watch = new ResizeObserver(keep);
  watch.observe(node);
  watch.observe(node.firstChild);
  toEnd(node);
}
