// Starts the app and offers it the few things that only JavaScript does well. The names below are replaced by fingerprinted
// ones when the app is built.
import init from "./app.js";

// Most pages' code is a second module, which takes what it needs from the first and fills the first one's table; see
// `xtask/src/web/split.rs`.
let more;
const loadPages = () => {
  more ??= app
    .then((first) => WebAssembly.instantiateStreaming(fetch(new URL("./app_more.wasm", import.meta.url)), { p: first }))
    .catch((error) => {
      more = undefined;
      throw error;
    });
  return more;
};

globalThis.tollgate = {
  loadPages,
  // The chart's code is loaded when the first chart is shown.
  mountChart: async (element, spec) => (await import("./chart.js")).mount(element, spec),
  // One at a time over all tabs of this browser; browsers without locks (plain http) do it at once.
  exclusively: (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work()),
};

const app = init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });
app.then(
  // Once something shows, so that the next page does not wait.
  () => setTimeout(() => loadPages().catch(() => {}), 2000),
  (error) => {
    const message = document.getElementById("boot-message");
    if (message) {
      message.textContent = `Tollgate could not start: ${error}. Reload the page, or try a current browser.`;
      message.hidden = false;
    }
  },
);
