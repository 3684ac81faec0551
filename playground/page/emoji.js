// Which character does an emoji name mean? The ones people use in an incident; any other name is shown as it is written.

const NAMES = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", eyes: "👀", pushpin: "📌", white_check_mark: "✅", heavy_check_mark: "✔️",
  x: "❌", warning: "⚠️", rotating_light: "🚨", fire: "🔥", fire_engine: "🚒", hourglass: "⌛", hourglass_flowing_sand: "⏳", mag: "🔍",
  bulb: "💡", memo: "📝", bug: "🐛", rocket: "🚀", wrench: "🔧", hammer_and_wrench: "🛠️", gear: "⚙️", lock: "🔒", key: "🔑", link: "🔗",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", clock1: "🕐", bell: "🔔", no_bell: "🔕", tada: "🎉",
  raised_hands: "🙌", pray: "🙏", wave: "👋", clap: "👏", heart: "❤️", smile: "😄", thinking_face: "🤔", sweat_smile: "😅", sob: "😭",
  question: "❓", exclamation: "❗", information_source: "ℹ️", red_circle: "🔴", large_green_circle: "🟢", large_yellow_circle: "🟡",
  large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫", arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", repeat: "🔁",
  robot_face: "🤖", ballot_box_with_check: "☑️", page_facing_up: "📄", package: "📦", construction: "🚧", yarn: "🧶", octagonal_sign: "🛑",
};

export const QUICK_REACTIONS = ["+1", "-1", "eyes", "pushpin", "white_check_mark", "fire", "thinking_face", "tada"];

/** The character, or `:name:` where the name is not known. */
export const emoji = (name) => (Object.hasOwn(NAMES, name) ? NAMES[name] : `:${name}:`);

/** Text with its known `:names:` made characters. */
export const withEmoji = (text) =>
  text.includes(":") ? text.replace(/:([a-z0-9_+-]{1,60}):/g, (whole, name) => (Object.hasOwn(NAMES, name) ? NAMES[name] : whole)) : text;
