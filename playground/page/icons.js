// Which picture stands for what? Line icons drawn here, so that no font or host is needed.

import { h } from "./vdom.js";

const PATHS = {
  back: ["M12 4 6 10l6 6"],
  close: ["M5 5l10 10M15 5 5 15"],
  reply: ["M4 5h12v8H9l-4 3v-3H4z"],
  smile: ["M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "M7.200 11.800c1.400 1.900 4.200 1.900 5.600 0M7.700 8v.4M12.300 8v.4"],
  more: ["M5 10h.01M10 10h.01M15 10h.01"],
  hash: ["M8 4 6.500 16M13.500 4 12 16M4.500 8h12M3.500 12h12"],
  lock: ["M5.500 9h9v7h-9z", "M7.500 9V6.500a2.500 2.500 0 0 1 5 0V9"],
  plus: ["M10 4.500v11M4.500 10h11"],
  send: ["M3.500 4.500 17 10 3.500 15.500 5.500 10z", "M5.500 10H11"],
  home: ["M4 9.500 10 4l6 5.500V16h-4v-4H8v4H4z"],
  bolt: ["M11 2.500 5 11.500h4.500L9 17.500l6-9h-4.500z"],
  people: ["M7.500 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM3 15.500c.3-3 2-4.500 4.500-4.500s4.200 1.500 4.500 4.500M13 9.500a2 2 0 1 0 0-4M14 11.500c1.800.3 2.800 1.700 3 4"],
  up: ["M7 9v7H4V9zM7 9l3-6c1.700 0 2.300 1.200 2 2.500L11.500 8H16l-1.300 7.200c-.1.500-.6.800-1.100.8H7"],
  down: ["M7 11V4H4v7zM7 11l3 6c1.700 0 2.300-1.200 2-2.500L11.500 12H16l-1.300-7.200c-.1-.5-.6-.8-1.100-.8H7"],
  trash: ["M4.500 6h11M8 6V4h4v2M6 6l.7 10h6.600L14 6"],
  check: ["M5 10.500 8.500 14 15 6.500"],
  bang: ["M10 5.500v6M10 14.500v.01"],
  file: ["M6 3h5.500L15 6.500V17H6zM11.500 3v3.500H15"],
  link: ["M11 4.500h4.500V9M15 5l-6.500 6.500M13.500 11.500v4h-9v-9h4"],
  eye: ["M2.500 10C5.500 4.800 14.500 4.800 17.500 10c-3 5.200-12 5.200-15 0z", "M10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  clew: ["M9.500 4a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z", "M5 7.500c3.500-2 7-.5 9.500 2.500M5.500 12c2.500-2.600 6-2 8 1M8 4.700c-.7 3.300 1.300 7 4.500 9.300M13 14.500c1.700 1.400 3 .8 4.500 1.700"],
};

/** A decorative icon; its meaning must also be in words beside it or in the control's label. */
export function icon(name) {
  const paths = PATHS[name] ?? PATHS.more;
  return h(
    "svg",
    { svg: true, viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" },
    paths.map((d) => h("path", { svg: true, d })),
  );
}
