// Where does a block stand, and where do presses on it go? A message, a modal or a Home tab, with what was typed into it.

import { initial, plain } from "./elements.js";
import { mrkdwn } from "./mrkdwn.js";

const safeId = (text) => text.replace(/[^A-Za-z0-9_-]/g, (c) => `_${c.charCodeAt(0)}`);

export class Surface {
  /** `place` is {channel, ts, ephemeral} or {view_id}; `send(action)` acts and may take a moment; `ask(confirm)` resolves to yes or no. */
  constructor({ key, place, names, send, ask, changed }) {
    Object.assign(this, { key, place, names, send, ask });
    // Counts what changed here that is not in the message itself, so that an unchanged message is not drawn again.
    this.version = 0;
    this.changed = () => {
      this.version += 1;
      changed();
    };
    this.form = new Map();
    this.errors = {};
    this.pending = new Set();
    this.picks = new Map();
  }

  idOf(block, element) {
    return safeId(`f-${this.key}-${block.block_id ?? ""}-${element?.action_id ?? ""}`);
  }

  /** The view of this surface one element needs. `reports`: a change is sent at once, not at submit. */
  scope(block, reports, described = null) {
    const slot = (element) => `${block.block_id}/${element.action_id}`;
    return {
      names: this.names,
      reports,
      idOf: (element) => this.idOf(block, element),
      textOf: (text) => textOf(text, this.names),
      labelled: (element) => ({ id: this.idOf(block, element), ...(described ?? { "aria-label": plain(element.placeholder) || element.action_id || element.type }) }),
      held: (element) => this.form.get(slot(element)) ?? null,
      hold: (element, value) => this.form.set(slot(element), value),
      busy: (element) => this.pending.has(slot(element)),
      chosen: (element) => this.picks.get(slot(element)) ?? null,
      press: (element, value) => this.press(slot(element), block, element, value),
    };
  }

  async press(slot, block, element, value) {
    const confirm = element.confirm;
    if (confirm && !(await this.ask(confirm))) {
      this.changed();
      return;
    }
    if (element.type === "feedback_buttons") this.picks.set(slot, value.value);
    this.pending.add(slot);
    this.changed();
    const action = { type: element.type, block_id: block.block_id, action_id: element.action_id, ...withoutEmpty(value) };
    if (element.type === "button" && element.text) action.text = element.text;
    await this.send(action);
    this.pending.delete(slot);
    this.changed();
  }

  /** What the form of a view holds, typed or not: {block_id: {action_id: state}}. */
  values(view) {
    const values = {};
    for (const block of view.blocks ?? []) {
      for (const element of elementsOf(block)) {
        const untouched = initial(element);
        if (!untouched) continue;
        const typed = this.form.get(`${block.block_id}/${element.action_id}`);
        values[block.block_id] = { ...values[block.block_id], [element.action_id]: typed ?? untouched };
      }
    }
    return values;
  }

  /** Sentences for inputs a person must still fill in, by block. */
  missing(view) {
    const values = this.values(view);
    const wanting = (view.blocks ?? []).filter((block) => block.type === "input" && !block.optional);
    return Object.fromEntries(wanting.filter((block) => isEmpty(values[block.block_id]?.[block.element?.action_id])).map((block) => [block.block_id, "Please fill this in."]));
  }
}

const withoutEmpty = (value) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

function elementsOf(block) {
  return [block.element, block.accessory, ...(block.elements ?? [])].filter((one) => one?.action_id);
}

function isEmpty(state) {
  if (!state) return false;
  const [, held] = Object.entries(state).find(([name]) => name !== "type") ?? [];
  return held === null || held === undefined || (typeof held === "string" && held.trim() === "") || (Array.isArray(held) && held.length === 0);
}

/** Nodes of a text object, whichever of the two kinds it is. */
export function textOf(text, names) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text, names) : [{ text: plain(text) }];
}
