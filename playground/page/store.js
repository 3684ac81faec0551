// What does this person know now? The server's state, kept true by its frames.

const byName = (a, b) => (a.name ?? "").localeCompare(b.name ?? "", "en", { numeric: true });

const FRAMES = {
  message: (store, frame) => store.put(frame.channel, frame.message, true),
  message_changed: (store, frame) => store.put(frame.channel, frame.message, false),
  ephemeral: (store, frame) => store.put(frame.channel, { ...frame.message, ephemeral: true }, true),
  message_deleted: (store, frame) => store.messages.get(frame.channel)?.delete(frame.ts),
  channel: (store, frame) => store.channels.set(frame.channel.id, { ...store.channels.get(frame.channel.id), ...frame.channel }),
  user: (store, frame) => store.users.set(frame.user.id, frame.user),
  view: (store, frame) => (store.views = frame.views ?? []),
  home: (store, frame) => (store.home = frame.view),
  bot: (store, frame) => (store.bot = { ...store.bot, connected: frame.connected }),
  status: (store, frame) => store.setStatus(frame),
  reaction: (store, frame) => {
    const message = store.messages.get(frame.channel)?.get(frame.ts);
    if (message) store.messages.get(frame.channel).set(frame.ts, { ...message, reactions: frame.reactions });
  },
};

export class Store {
  constructor() {
    this.ready = false;
    this.online = false;
    this.read = new Map();
    this.load({});
    this.ready = false;
  }

  /** Replace everything with the server's state; what was read stays read. */
  load(state) {
    this.team = state.team ?? { name: "Playground" };
    this.me = state.me ?? "";
    this.users = new Map((state.users ?? []).map((user) => [user.id, user]));
    this.channels = new Map((state.channels ?? []).map((channel) => [channel.id, channel]));
    this.messages = new Map();
    for (const [channel, messages] of Object.entries(state.messages ?? {})) {
      this.messages.set(channel, new Map(messages.map((message) => [message.ts, message])));
    }
    this.commands = state.commands ?? [];
    this.shortcuts = state.shortcuts ?? [];
    this.home = state.home ?? null;
    this.views = state.views ?? [];
    this.bot = state.bot ?? { connected: true, name: "the app" };
    this.scenarios = state.scenarios ?? [];
    this.statuses = new Map();
    for (const status of state.statuses ?? []) this.setStatus(status);
    if (!this.ready) for (const id of this.channels.keys()) this.read.set(id, this.newest(id));
    this.ready = true;
  }

  /** Take one frame; false when it is of no kind this page knows. */
  take(frame) {
    if (!Object.hasOwn(FRAMES, frame.type)) return false;
    FRAMES[frame.type](this, frame);
    return true;
  }

  put(channel, message, isNew) {
    if (!this.messages.has(channel)) this.messages.set(channel, new Map());
    this.messages.get(channel).set(message.ts, message);
    if (isNew) this.statuses.delete(`${channel}/${message.thread_ts ?? ""}/${message.user}`);
  }

  setStatus({ channel, thread_ts: thread, status }) {
    const key = `${channel}/${thread ?? ""}`;
    if (status) this.statuses.set(key, status);
    else this.statuses.delete(key);
  }

  status(channel, thread) {
    return this.statuses.get(`${channel}/${thread ?? ""}`) ?? null;
  }

  /** Messages of one channel, oldest first. */
  all(channel) {
    return [...(this.messages.get(channel)?.values() ?? [])].sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  }

  message(channel, ts) {
    return this.messages.get(channel)?.get(ts) ?? null;
  }

  /** Reply counts and people of every thread in a channel, by the root's ts. */
  threads(channel) {
    const threads = new Map();
    for (const message of this.all(channel)) {
      const root = message.thread_ts;
      if (!root || root === message.ts) continue;
      const thread = threads.get(root) ?? { count: 0, users: [], last: root };
      thread.count += 1;
      thread.last = message.ts;
      const author = message.user ?? message.bot_id;
      if (author && !thread.users.includes(author)) thread.users.push(author);
      threads.set(root, thread);
    }
    return threads;
  }

  newest(channel) {
    return this.all(channel).at(-1)?.ts ?? "0";
  }

  markRead(channel) {
    this.read.set(channel, this.newest(channel));
  }

  /** How many messages of others are new in a channel, and whether one of them names this person. */
  unread(channel) {
    const since = this.read.get(channel) ?? "0";
    const fresh = this.all(channel).filter((message) => message.ts > since && message.user !== this.me);
    return { count: fresh.length, mentioned: fresh.some((message) => JSON.stringify([message.text, message.blocks]).includes(`<@${this.me}`)) };
  }

  /** Channels in the order of the list: open ones by name; direct messages apart. */
  listed() {
    const all = [...this.channels.values()];
    return {
      channels: all.filter((channel) => !channel.is_im && !channel.is_archived && (!channel.is_private || this.isMember(channel))).sort(byName),
      directs: all.filter((channel) => channel.is_im),
    };
  }

  isMember(channel) {
    return !channel.members || channel.members.includes(this.me);
  }

  people() {
    return [...this.users.values()].filter((user) => !user.is_bot && user.id !== "USLACKBOT").sort(byName);
  }

  called(user) {
    return user?.profile?.display_name || user?.real_name || user?.name || "someone";
  }

  channelName(channel) {
    if (!channel) return "";
    if (!channel.is_im) return channel.name;
    const other = channel.user && channel.user !== this.me ? channel.user : (channel.members ?? []).find((id) => id !== this.me);
    return this.called(this.users.get(other ?? this.bot.user_id));
  }
}
