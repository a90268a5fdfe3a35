// Says so where the app cannot be started: a first screen that stays as it is would leave a caller
// waiting for nothing. Gone from use once the app has taken the page over.
(() => {
  "use strict";

  function failed() {
    document.getElementById("opening-failed")?.removeAttribute("hidden");
    document.getElementById("opening-working")?.setAttribute("hidden", "");
  }

  // Caught on the way down: the failure of a script to load does not bubble.
  window.addEventListener("error", failed, true);
  window.addEventListener("unhandledrejection", failed);
  document.addEventListener("DOMContentLoaded", () => {
    // Not a link: that would drop the fragment, and with it the caller's key.
    document.getElementById("opening-again")?.addEventListener("click", () => location.reload());
    if (typeof WebAssembly !== "object") failed();
  });
})();
