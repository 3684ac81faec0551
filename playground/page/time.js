// How is a moment written? In the viewer's own zone and 24 hours, from float Unix seconds.

const pad = (n) => String(n).padStart(2, "0");
const at = (seconds) => new Date(Number(seconds) * 1000);

export const clock = (seconds) => `${pad(at(seconds).getHours())}:${pad(at(seconds).getMinutes())}`;
const clockSeconds = (seconds) => `${clock(seconds)}:${pad(at(seconds).getSeconds())}`;
const dateNumber = (d) => `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
const written = (seconds, options) => at(seconds).toLocaleDateString("en-GB", options);

export const dayKey = (seconds) => dateNumber(at(seconds));
export const full = (seconds) => `${written(seconds, { weekday: "long", day: "numeric", month: "long", year: "numeric" })} ${clockSeconds(seconds)}`;

/** "Today", "Yesterday", or the date in words. */
export function dayLabel(seconds, now = Date.now() / 1000) {
  if (dayKey(seconds) === dayKey(now)) return "Today";
  if (dayKey(seconds) === dayKey(now - 86400)) return "Yesterday";
  return written(seconds, { weekday: "long", day: "numeric", month: "long" });
}

export function ago(seconds, now = Date.now() / 1000) {
  const gone = Math.round(now - Number(seconds));
  const size = Math.abs(gone);
  const unit = size < 60 ? [1, "second"] : size < 3600 ? [60, "minute"] : size < 86400 ? [3600, "hour"] : [86400, "day"];
  const count = Math.round(size / unit[0]);
  const words = `${count} ${unit[1]}${count === 1 ? "" : "s"}`;
  return gone < 0 ? `in ${words}` : `${words} ago`;
}

const TOKENS = {
  date_num: (s) => dateNumber(at(s)),
  date_slash: (s) => dateNumber(at(s)).replaceAll("-", "/"),
  date: (s) => written(s, { day: "numeric", month: "long", year: "numeric" }),
  date_short: (s) => written(s, { day: "numeric", month: "short", year: "numeric" }),
  date_long: (s) => written(s, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  date_pretty: (s) => dayLabel(s),
  date_short_pretty: (s) => dayLabel(s),
  date_long_pretty: (s) => dayLabel(s),
  day_divider_pretty: (s) => dayLabel(s),
  time: clock,
  time_secs: clockSeconds,
  ago: (s) => ago(s),
};

/** Slack's date format string (https://docs.slack.dev/messaging/formatting-message-text) for one moment; null when it cannot be told. */
export function slackDate(seconds, format) {
  const moment = Number(seconds);
  if (!Number.isFinite(moment) || Number.isNaN(at(moment).getTime())) return null;
  return format.replace(/\{(\w+)\}/g, (whole, token) => (token in TOKENS ? TOKENS[token](moment) : whole));
}
