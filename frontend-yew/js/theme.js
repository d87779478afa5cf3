// Sets the theme before the first paint, so that a dark page never flashes white. The app's switch writes the same entry.
(function () {
  var wish = null;
  try {
    wish = localStorage.getItem("tollgate.theme");
  } catch (blocked) {
    // Storage may be switched off: the system's theme it is.
  }
  var dark = wish === "dark" || (wish !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-theme", dark ? "dark" : "light");
})();
