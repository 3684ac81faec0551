// Which forms are the Playground's own? Creating, renaming, inviting, breaking something, and saying yes or no.

import { h } from "./vdom.js";
import { plain } from "./elements.js";
import { icon } from "./icons.js";
import { textOf } from "./surface.js";

const ERRORS = {
  name_taken: "A channel with this name is there already. Choose another name.",
  invalid_name_specials: "Use lower-case letters, digits, hyphens and underscores.",
  invalid_name: "Use lower-case letters, digits, hyphens and underscores.",
  invalid_name_maxlength: "At most 80 characters, please.",
  invalid_name_required: "A channel needs a name.",
  already_in_channel: "They are in this channel already.",
  is_archived: "This channel is archived.",
  not_in_channel: "You are not in this channel.",
};

export const sentence = (error) => ERRORS[error] ?? `That did not work: ${error ?? "no answer"}.`;

/** A modal dialog. The browser keeps the focus inside and gives it back; Escape asks `close`. */
export function dialog({ key, title, close, testid = "modal", look = "", submit = null, leading = null }, ...children) {
  const id = `title-${key}`;
  const inner = [
    h("header", { class: "dialog-head" }, leading, h("h2", { id }, title), h("button", { type: "button", class: "icon-btn", "aria-label": "Close", on: { click: close } }, icon("close"))),
    ...children,
  ];
  const cancel = (event) => {
    event.preventDefault();
    close();
  };
  const form = submit ? h("form", { class: "dialog-form", novalidate: true, on: { submit: (event) => { event.preventDefault(); submit(event); } } }, inner) : h("div", { class: "dialog-form" }, inner);
  return h("dialog", { key, class: `dialog ${look}`, "data-testid": testid, "aria-labelledby": id, on: { cancel }, mount: (node) => node.showModal() }, form);
}

/** The dialog that is open now, or null. */
export function ownDialog(app) {
  const kind = app.dialog?.kind;
  return kind ? KINDS[kind](app, app.dialog) : null;
}

function foot(app, label, look = "btn-primary") {
  return h("footer", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", on: { click: () => app.open(null) } }, "Cancel"), h("button", { type: "submit", class: `btn ${look}` }, label));
}

function problem(app) {
  return app.dialog.error ? h("p", { class: "field-error", role: "alert" }, app.dialog.error) : null;
}

async function settle(app, type, more, then = () => {}) {
  const answer = await app.ask_server(type, more);
  if (answer.ok) {
    app.open(null);
    then(answer);
  } else {
    app.open({ ...app.dialog, error: sentence(answer.error) });
  }
}

const slug = (text) => text.toLowerCase().trim().replace(/^#/, "").replace(/\s+/g, "-");

function nameField(value) {
  return h("label", { class: "label" }, "Name", h("input", { class: "field", name: "name", value, autofocus: true, maxlength: "80", autocomplete: "off", placeholder: "inc-checkout-latency", spellcheck: "false" }));
}

function create(app) {
  const submit = (event) => {
    const form = new FormData(event.currentTarget);
    const more = { name: slug(String(form.get("name") ?? "")), is_private: form.get("private") === "on" };
    settle(app, "create_channel", more, (answer) => answer.channel && app.go({ channel: answer.channel, focus: "channel" }));
  };
  return dialog({ key: "create", title: "Create a channel", close: () => app.open(null), testid: "create-dialog", submit },
    h("div", { class: "dialog-body" }, nameField(""), problem(app),
      h("p", { class: "hint" }, "An incident channel is called inc-…, incident-… or sev1-…: the app joins those by itself."),
      h("label", { class: "choice" }, h("input", { type: "checkbox", name: "private" }), h("span", null, "Private", h("small", null, "Only those who are invited see it; invite the app, too.")))),
    foot(app, "Create"));
}

function rename(app, { channel }) {
  const submit = (event) => settle(app, "rename_channel", { channel: channel.id, name: slug(String(new FormData(event.currentTarget).get("name") ?? "")) });
  return dialog({ key: "rename", title: `Rename #${channel.name}`, close: () => app.open(null), testid: "rename-dialog", submit }, h("div", { class: "dialog-body" }, nameField(channel.name), problem(app)), foot(app, "Rename"));
}

function invite(app, { channel }) {
  const outside = [...app.store.users.values()].filter((user) => !(channel.members ?? []).includes(user.id) && user.id !== "USLACKBOT");
  const submit = (event) => settle(app, "invite", { channel: channel.id, by: app.store.me, user: new FormData(event.currentTarget).get("user") });
  const choices = outside.map((user, at) => h("label", { class: "choice" }, h("input", { type: "radio", name: "user", value: user.id, checked: at === 0 }), h("span", null, app.store.called(user), user.is_bot ? h("small", null, "app") : null)));
  return dialog({ key: "invite", title: `Invite to #${channel.name}`, close: () => app.open(null), testid: "invite-dialog", submit },
    h("div", { class: "dialog-body" }, h("div", { class: "choices" }, choices), outside.length ? null : h("p", null, "Everyone is here already."), problem(app)), outside.length ? foot(app, "Invite") : null);
}

function scenarios(app) {
  const start = (name) => settle(app, "scenario", { name }, (answer) => answer.channel ? app.go({ channel: answer.channel, focus: "channel" }) : app.notify("Done. Watch the channels: symptoms take a little while, as in life."));
  return dialog({ key: "scenarios", title: "Break something", close: () => app.open(null), testid: "scenarios-dialog" },
    h("div", { class: "dialog-body" }, problem(app), h("ul", { class: "scenarios" }, app.store.scenarios.map((one) =>
      h("li", { key: one.name }, h("div", null, h("strong", null, one.title ?? one.name), one.description ? h("p", null, one.description) : null),
        h("button", { type: "button", class: "btn", "data-testid": `scenario-${one.name}`, "aria-label": `Start: ${one.title ?? one.name}`, on: { click: () => start(one.name) } }, "Start"))))));
}

const KINDS = { create, rename, invite, scenarios };

/** A yes-or-no question of the app's (a confirm object), or null. */
export function question(app) {
  if (!app.question) return null;
  const { confirm, answer } = app.question;
  const look = confirm.style === "danger" ? "btn-danger" : "btn-primary";
  return dialog({ key: "question", title: plain(confirm.title) || "Are you sure?", close: () => answer(false), testid: "confirm-dialog", look: "small", submit: () => answer(true) },
    h("div", { class: "dialog-body text" }, textOf(confirm.text, app.names)),
    h("footer", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", on: { click: () => answer(false) } }, plain(confirm.deny) || "Cancel"), h("button", { type: "submit", class: `btn ${look}`, autofocus: true }, plain(confirm.confirm) || "Yes")));
}
