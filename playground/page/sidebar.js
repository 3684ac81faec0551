// Where can one go, and as whom? The list of channels, the app's Home, the faults to switch on, and the people to be.

import { h } from "./vdom.js";
import { icon } from "./icons.js";
import { avatar } from "./message.js";

export function sidebar(app) {
  const { store, place } = app;
  const { channels, directs } = store.listed();
  return h("nav", { class: "sidebar", "aria-label": "Channels" },
    h("div", { class: "brand" }, h("span", { class: "brand-mark" }, icon("clew")), h("div", null, h("strong", null, "Playground"), h("small", null, `${store.team.name ?? "local workspace"}`))),
    h("div", { class: "lists" },
      h("div", { class: "list-head" }, h("h2", null, "Channels"),
        h("button", { type: "button", class: "icon-btn", "aria-label": "Create channel", title: "Create channel", "data-testid": "create-channel", on: { click: () => app.open({ kind: "create" }) } }, icon("plus"))),
      h("ul", null, channels.map((channel) => entry(channel, app))),
      channels.length ? null : h("p", { class: "empty-list" }, "No channels yet."),
      directs.length ? h("div", { class: "list-head" }, h("h2", null, "Direct messages")) : null,
      h("ul", null, directs.map((channel) => entry(channel, app))),
      h("div", { class: "list-head" }, h("h2", null, "Apps")),
      h("ul", null, h("li", null, h("button", { type: "button", class: "entry", "data-testid": "home-tab", "aria-current": place.view === "home" ? "page" : null, on: { click: () => app.go({ view: "home" }) } },
        icon("home"), h("span", { class: "entry-name" }, `${store.bot.name} Home`), h("span", { class: store.bot.connected ? "dot dot-on" : "dot", title: store.bot.connected ? "connected" : "not connected" }))),
        globalShortcuts(app)),
      store.scenarios.length ? h("button", { type: "button", class: "break", "data-testid": "break-something", on: { click: () => app.open({ kind: "scenarios" }) } }, icon("bolt"), "Break something") : null),
    people(app));
}

function globalShortcuts(app) {
  const all = app.store.shortcuts.filter((one) => one.type === "global" || one.type === "shortcut");
  return all.map((one) => h("li", { key: one.callback_id }, h("button", { type: "button", class: "entry", on: { click: () => app.act("global_shortcut", { callback_id: one.callback_id }) } }, icon("bolt"), h("span", { class: "entry-name" }, one.name))));
}

function entry(channel, app) {
  const { store, place } = app;
  const current = place.view !== "home" && place.channel === channel.id;
  const { count, mentioned } = current ? { count: 0 } : store.unread(channel.id);
  const name = store.channelName(channel);
  const label = `${name}${channel.is_private && !channel.is_im ? ", private" : ""}${count ? `, ${count} unread` : ""}`;
  return h("li", { key: channel.id },
    h("button", { type: "button", class: `entry ${count ? "unread" : ""}`, "data-testid": `channel-${name}`, "aria-label": label, "aria-current": current ? "page" : null, on: { click: () => app.go({ channel: channel.id }) } },
      channel.is_im ? avatar(app.face(channel.user ?? store.bot.user_id), "tiny") : icon(channel.is_private ? "lock" : "hash"),
      h("span", { class: "entry-name" }, name),
      channel.is_ext_shared ? h("span", { class: "outside", title: "Shared with another company" }, "shared") : null,
      count ? h("span", { class: mentioned ? "count count-mention" : "count", "aria-hidden": "true" }, mentioned ? String(count) : "") : null));
}

function people(app) {
  const { store } = app;
  return h("div", { class: "people", role: "group", "aria-label": "You are" }, h("h2", null, "You are"),
    h("div", { class: "people-row" }, store.people().map((user) => {
      const mine = user.id === store.me;
      const name = store.called(user);
      return h("button", { key: user.id, type: "button", class: "person", "data-testid": `person-${user.name}`, "aria-pressed": String(mine), title: user.profile?.title || name, on: { click: () => app.become(user.id) } }, avatar(app.face(user.id), "small"), h("span", null, name));
    })));
}
