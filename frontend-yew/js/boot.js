// Starts the app and offers it the few things that only JavaScript does well. The names below are replaced by fingerprinted
// ones when the app is built.
import init from "./app.js";

globalThis.tollgate = {
  // The chart's code is loaded when the first chart is shown.
  mountChart: async (element, spec) => (await import("./chart.js")).mount(element, spec),
  // One at a time over all tabs of this browser; browsers without locks (plain http) do it at once.
  exclusively: (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work()),
};

init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) }).catch((error) => {
  const message = document.getElementById("boot-message");
  if (message) {
    message.textContent = `Tollgate could not start: ${error}. Reload the page, or try a current browser.`;
    message.hidden = false;
  }
});
