// What is in the middle and at the right? A channel or the app's Home, and the open thread.

import { h } from "./vdom.js";
import { blocks } from "./blocks.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import { messageList } from "./message.js";
import { scroller } from "./scroller.js";

const STATES = { processing: "is working …", suspended: "waits for a person" };

function head(app, { title, note, actions, mark }) {
  return h("header", { class: "pane-head" },
    h("button", { type: "button", class: "icon-btn only-phone", "aria-label": "Back to channels", on: { click: () => app.go({ pane: "list" }) } }, icon("back")),
    mark ? h("span", { class: "pane-mark" }, icon(mark)) : null,
    h("div", { class: "pane-title" }, h("h1", null, title), note ? h("p", { title: note }, note) : null), actions);
}

function lines(app) {
  const { store } = app;
  const lost = store.online ? null : h("p", { class: "line line-lost", role: "status" }, "Reconnecting to the Playground … what you see may be old.");
  const away = store.bot.connected ? null : h("p", { class: "line", role: "status", "data-testid": "bot-status" }, h("strong", null, `${store.bot.name} is not connected.`), " It sees nothing until it runs; commands and buttons will fail.");
  return [lost, away];
}

/** The middle: a channel with its messages, or the Home tab. */
export function main(app) {
  return app.place.view === "home" ? home(app) : channel(app);
}

function channel(app) {
  const { store, place } = app;
  const here = store.channels.get(place.channel);
  if (!here) return h("main", { class: "main" }, head(app, { title: "No channel" }), lines(app), h("p", { class: "nothing" }, place.channel ? "This channel is not here, or you may not see it. Pick another one from the list." : "Create a channel to begin."));
  const name = store.channelName(here);
  const messages = store.all(here.id).filter((message) => !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast");
  const list = messageList(messages, app, { channel: here.id, inThread: false, threads: store.threads(here.id) });
  const title = here.is_im ? name : `#${name}`;
  return h("main", { class: "main", "aria-label": title },
    head(app, { title: name, mark: here.is_im ? null : here.is_private ? "lock" : "hash", note: here.topic?.value || (here.is_ext_shared ? "Shared with another company" : ""), actions: here.is_im ? null : channelActions(app, here) }),
    lines(app),
    scroller({ key: `list-${here.id}-${store.me}`, label: `Messages in ${title}`, look: "main-scroll" }, welcome(app, here, title, messages), list),
    status(app, place.thread ? null : store.status(here.id)),
    here.is_archived ? h("p", { class: "nothing" }, "This channel is archived.") : app.composer(here.id, null).view({ label: `Message ${title} as ${store.called(store.users.get(store.me))}`, testid: "composer" }));
}

function welcome(app, here, title, messages) {
  const hint = app.store.commands[0]?.command;
  if (messages.length) return h("p", { key: "welcome", class: "beginning" }, `This is the beginning of ${title}.`);
  return h("div", { key: "welcome", class: "welcome" }, h("span", { class: "welcome-mark" }, icon("clew")), h("h2", null, title), h("p", null, "Nothing was said here yet."), hint ? h("p", null, "Type ", h("code", null, hint), ` or mention @${app.store.users.get(app.store.bot.user_id)?.name ?? "the app"} to begin.`) : null);
}

function channelActions(app, here) {
  const items = [
    { label: "Invite someone", run: () => app.open({ kind: "invite", channel: here }) },
    { label: "Rename channel", run: () => app.open({ kind: "rename", channel: here }) },
    { label: "Archive channel", danger: true, run: () => app.act("archive_channel", { channel: here.id }) },
  ];
  return h("div", { class: "pane-actions" },
    h("span", { class: "members", title: (here.members ?? []).map((id) => app.store.called(app.store.users.get(id))).join(", ") }, icon("people"), h("span", { class: "sr" }, "Members: "), String((here.members ?? []).length)),
    menu({ key: "channel-menu", id: "channel-menu", label: "Channel actions", content: icon("more"), items }));
}

function status(app, running) {
  if (!running) return h("div", { key: "status", class: "status", role: "status" });
  const { channel: id, thread: ts, status: said } = running;
  const bot = app.store.bot.name;
  const stop = ts && said !== "suspended" ? h("button", { type: "button", class: "btn btn-small", on: { click: () => app.act("stop_session", { channel: id, ts }) } }, `Stop ${bot}`) : null;
  return h("div", { key: "status", class: "status", role: "status" }, h("span", { class: "pulse", "aria-hidden": "true" }), h("span", null, `${bot} ${STATES[said] ?? said}`), stop);
}

/** The right: the open thread, or nothing. */
export function thread(app) {
  const { store, place } = app;
  if (!place.thread || place.view === "home") return null;
  const here = store.channels.get(place.channel);
  const root = store.message(place.channel, place.thread);
  const replies = store.all(place.channel).filter((message) => message.thread_ts === place.thread && message.ts !== place.thread);
  const close = () => app.go({ thread: null });
  const list = (messages) => messageList(messages, app, { channel: place.channel, inThread: true });
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  return h("aside", { key: "thread", class: "thread", "data-testid": "thread-panel", "aria-label": "Thread" },
    h("header", { class: "pane-head" },
      h("button", { type: "button", class: "icon-btn only-phone", "aria-label": "Back to channel", on: { click: close } }, icon("back")),
      h("div", { class: "pane-title" }, h("h2", null, "Thread"), h("p", null, here ? store.channelName(here) : "")),
      h("button", { type: "button", class: "icon-btn not-phone", "aria-label": "Close thread", title: "Close thread", on: { click: close } }, icon("close"))),
    scroller({ key: `thread-${place.channel}-${place.thread}`, label: "Thread" }, root ? list([root]) : h("p", { class: "nothing" }, "The message that began this thread is gone."), h("div", { key: "count", class: "day", role: "separator" }, h("span", null, count)), list(replies)),
    status(app, store.status(place.channel, place.thread)),
    here && !here.is_archived ? app.composer(place.channel, place.thread).view({ label: `Reply as ${store.called(store.users.get(store.me))}`, testid: "thread-composer" }) : null);
}

function home(app) {
  const { store } = app;
  const direct = store.listed().directs.find((one) => one.user === store.bot.user_id || (one.members ?? []).includes(store.bot.user_id));
  const tab = (label, current, click) => h("button", { type: "button", role: "tab", class: "tab", "aria-selected": String(current), on: { click } }, label);
  const tabs = direct ? h("div", { class: "tabs", role: "tablist" }, tab("Home", true, () => {}), tab("Messages", false, () => app.go({ channel: direct.id }))) : null;
  const view = store.home;
  return h("main", { class: "main", "aria-label": `${store.bot.name} Home` },
    head(app, { title: `${store.bot.name} Home`, mark: "home", actions: tabs }), lines(app),
    h("div", { class: "home-view", "data-testid": "home-view", tabindex: "0" },
      h("div", { class: "home-inner" }, view ? blocks(view.blocks, app.surfaceOfView({ ...view, id: view.id ?? "home" })) : h("p", { class: "nothing" }, `${store.bot.name} has not published a Home view yet.`))));
}
