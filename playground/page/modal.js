// How does a view of the app's work? The top of the stack as a dialog: typed values survive updates, errors stand by their field.

import { h } from "./vdom.js";
import { blocks } from "./blocks.js";
import { dialog, sentence } from "./dialogs.js";
import { plain } from "./elements.js";
import { icon } from "./icons.js";

/** The top modal of this person's stack, or null. */
export function modal(app) {
  const view = app.store.views.at(-1);
  if (!view) return null;
  const surface = app.surfaceOfView(view);
  const close = () => app.act("view_close", { view_id: view.id });
  const deeper = app.store.views.length > 1;
  const leading = deeper ? h("button", { type: "button", class: "icon-btn", "aria-label": "Back", on: { click: close } }, icon("back")) : null;
  const foot = h("footer", { class: "dialog-foot" },
    h("button", { type: "button", class: "btn", on: { click: close } }, plain(view.close) || (view.submit ? "Cancel" : "Close")),
    view.submit ? h("button", { type: "submit", class: "btn btn-primary", "aria-busy": surface.submitting ? "true" : null }, plain(view.submit)) : null);
  return dialog({ key: `view-${view.id}`, title: plain(view.title), close, leading, submit: () => submit(app, view, surface) },
    h("div", { class: "dialog-body" }, surface.problem ? h("p", { class: "field-error", role: "alert" }, surface.problem) : null, blocks(view.blocks, surface)), foot);
}

async function submit(app, view, surface) {
  if (surface.submitting || !view.submit) return;
  surface.errors = surface.missing(view);
  surface.problem = null;
  if (Object.keys(surface.errors).length === 0) {
    surface.submitting = true;
    app.render();
    const answer = await app.ask_server("view_submit", { view_id: view.id, values: surface.values(view) });
    surface.submitting = false;
    surface.errors = answer.errors ?? {};
    if (!answer.ok && !answer.errors) surface.problem = sentence(answer.error);
  }
  app.renderNow();
  document.querySelector(".has-error :is(input, textarea, select)")?.focus();
}
