// How does a person write? A growing text field that completes commands, people and channels, and keeps a draft for each place.

import { h } from "./vdom.js";
import { icon } from "./icons.js";

const MOST = 8;

export class Composer {
  /** `key` names the place; `send(text)` resolves to true when it went out. */
  constructor({ key, app, send }) {
    Object.assign(this, { key, app, send });
    this.node = null;
    this.draft = "";
    this.offers = [];
    this.at = 0;
    this.sending = false;
  }

  view({ label, testid }) {
    const listId = `offers-${this.key.replace(/[^\w-]/g, "-")}`;
    const open = this.offers.length > 0;
    const on = { input: () => this.typed(), keydown: (event) => this.key_(event), blur: () => this.close(), click: () => this.typed() };
    return h("form", { key: `composer-${this.key}`, class: "composer", on: { submit: (event) => { event.preventDefault(); this.submit(); } } },
      open ? h("ul", { class: "offers", role: "listbox", id: listId, "aria-label": "Suggestions" }, this.offers.map((offer, at) => this.offer(offer, at, listId))) : null,
      h("textarea", {
        class: "composer-text", rows: "1", "data-testid": testid, "aria-label": label, placeholder: label, on, role: "combobox", "aria-expanded": String(open), "aria-autocomplete": "list",
        "aria-controls": open ? listId : null, "aria-activedescendant": open ? `${listId}-${this.at}` : null, enterkeyhint: "send", value: this.draft,
        mount: (node) => { this.node = node; this.grow(); },
      }),
      h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send (Enter)", disabled: this.sending }, icon("send")));
  }

  offer(offer, at, listId) {
    // Pressing must not take the focus from the field.
    const on = { mousedown: (event) => { event.preventDefault(); this.accept(offer); } };
    return h("li", { key: offer.insert, id: `${listId}-${at}`, role: "option", "aria-selected": String(at === this.at), class: "offer", on },
      h("strong", null, offer.label), offer.usage ? h("code", null, offer.usage) : null, h("small", null, offer.hint));
  }

  focus() {
    this.node?.focus();
  }

  typed() {
    this.grow();
    this.offers = offersFor(this.node.value, this.node.selectionStart, this.app.store);
    this.at = 0;
    this.app.render();
  }

  grow() {
    this.draft = this.node.value;
    this.node.style.setProperty("height", "auto");
    this.node.style.setProperty("height", `${Math.min(this.node.scrollHeight, 180)}px`);
  }

  close() {
    if (!this.offers.length) return;
    this.offers = [];
    this.app.render();
  }

  key_(event) {
    if (event.isComposing) return;
    const open = this.offers.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.offers.length) % this.offers.length;
      this.app.render();
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (open && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !this.offers[this.at].complete))) {
      event.preventDefault();
      this.accept(this.offers[this.at]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  accept(offer) {
    const { value, selectionStart } = this.node;
    this.node.value = `${value.slice(0, offer.from)}${offer.insert} ${value.slice(selectionStart).trimStart()}`;
    const caret = offer.from + offer.insert.length + 1;
    this.node.setSelectionRange(caret, caret);
    this.offers = [];
    this.grow();
    this.app.render();
  }

  async submit() {
    const text = this.node.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    this.offers = [];
    // Cleared at once; given back when it did not go out and nothing else was typed meanwhile.
    this.node.value = "";
    this.grow();
    this.app.render();
    const sent = await this.send(text);
    this.sending = false;
    if (!sent && this.node.value === "") this.node.value = text;
    this.grow();
    this.app.render();
  }
}

/** What could complete the word before the caret. */
function offersFor(text, caret, store) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return commandOffers(before.toLowerCase(), store);
  const found = before.match(/(?:^|[\s(])([@#])([\p{L}\p{N}._-]*)$/u);
  if (!found) return [];
  const from = caret - found[2].length - 1;
  const typed = found[2].toLowerCase();
  const all = found[1] === "@" ? peopleOffers(store) : channelOffers(store);
  return all.filter((offer) => offer.match.some((word) => word.startsWith(typed))).slice(0, MOST).map((offer) => ({ ...offer, from, complete: offer.insert.toLowerCase() === `${found[1]}${typed}` }));
}

function commandOffers(typed, store) {
  return store.commands
    .filter((one) => one.command.startsWith(typed))
    .slice(0, MOST)
    .map((one) => ({ label: one.command, usage: one.usage_hint, hint: one.description, insert: one.command, from: 0, complete: one.command === typed }));
}

function peopleOffers(store) {
  const users = [...store.users.values()].sort((a, b) => Number(b.is_bot) - Number(a.is_bot) || store.called(a).localeCompare(store.called(b)));
  return users.filter((user) => user.id !== store.me).map((user) => ({ label: store.called(user), hint: user.is_bot ? "app" : (user.real_name ?? ""), insert: `@${user.name}`, match: [user.name.toLowerCase(), store.called(user).toLowerCase()] }));
}

function channelOffers(store) {
  return store.listed().channels.map((channel) => ({ label: `#${channel.name}`, hint: channel.topic?.value ?? "", insert: `#${channel.name}`, match: [channel.name] }));
}
