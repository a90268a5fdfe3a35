// The page's own script in a native shell: tells the program around it what only the page knows.
//
// A plain script and not part of the app: while the page is hidden the app's own tasks stand still, and
// a request to the shell's protocol is answered all the same. What is told to the server, and how, is
// the program's business (`src/presence.rs`).
//
// Each line that it says has a number that only grows, from one load of the page to the next, too: two
// requests may overtake each other.
(() => {
  "use strict";

  // A page on Android knows no schemes of an app's own: there it is a host.
  const SHELL = /Android/.test(navigator.userAgent) ? "https://presence.localhost/" : "presence://localhost/";

  let number = Date.now() * 1000;

  function tell(what, more = "") {
    number += 1;
    const said = `${SHELL}${what}/${number}${more && `?${more}`}`;
    // The shell is another origin. Some webviews take no request to it but one that says so, others none
    // that does; to hear the same twice is the same to the shell.
    fetch(said, { cache: "no-store" })
      .catch(() => fetch(said, { cache: "no-store", mode: "no-cors" }))
      .catch(() => {});
  }

  // A link that opened the app. On Android the activity has it, and the program hears of it by the page.
  function passLinkOn() {
    const link = globalThis.standbyAndroid?.takeLink();
    if (link) tell("link", encodeURIComponent(link));
  }

  function shown() {
    if (document.visibilityState !== "visible") return;
    tell("visible");
    passLinkOn();
  }
  function hidden() {
    tell("hidden");
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") shown();
    else hidden();
  });
  window.addEventListener("pagehide", hidden);
  document.addEventListener("freeze", hidden);
  window.addEventListener("pageshow", shown);
  document.addEventListener("resume", shown);
  window.addEventListener("focus", shown);
  window.addEventListener("online", () => tell("online"));
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tell("escape");
  });

  // With whatever it draws anew the app writes into every field what it knows to stand there, and by then more may have
  // been typed, which that would take away. So while it has not heard of all that was typed a moment ago, it writes
  // nothing, unless it changes the words itself. What it knows, it tells in `data-known`.
  const MOMENT = 5000;
  for (const kind of [HTMLInputElement, HTMLTextAreaElement]) {
    const value = Object.getOwnPropertyDescriptor(kind.prototype, "value");
    const typed = new WeakMap();
    const unheard = (field) => (typed.get(field) ?? []).filter(({ at }) => performance.now() - at < MOMENT);

    function hear(records) {
      records.forEach(({ target }, place) => {
        if (!(target instanceof kind)) return;
        const next = records.slice(place + 1).find((later) => later.target === target);
        const words = next?.oldValue ?? target.dataset.known;
        const before = unheard(target);
        const heard = before.findIndex((one) => one.words === words);
        typed.set(target, heard < 0 ? [] : before.slice(heard + 1));
        if (heard < 0) value.set.call(target, words);
      });
    }

    const known = new MutationObserver(hear);
    known.observe(document, { subtree: true, attributeFilter: ["data-known"], attributeOldValue: true });
    // On its way down, before the app hears of it.
    window.addEventListener("input", ({ target }) => {
      if (!(target instanceof kind)) return;
      typed.set(target, [...unheard(target), { words: value.get.call(target), at: performance.now() }]);
    }, true);
    Object.defineProperty(kind.prototype, "value", {
      ...value,
      set(words) {
        hear(known.takeRecords());
        if (unheard(this).length === 0) value.set.call(this, words);
      },
    });
  }

  // For the activity on Android, which may be paused and still be seen, and hears what the reader allows.
  globalThis.standbyShell = Object.freeze({
    shown,
    answered: (may) => tell(may ? "may-notify" : "may-not-notify"),
  });

  // By now the scripts in the page have run. None comes after them: whatever gets into the page from now
  // on is nothing but text.
  document.addEventListener("DOMContentLoaded", () => {
    const lock = document.createElement("meta");
    lock.httpEquiv = "Content-Security-Policy";
    lock.content = "script-src 'none'; style-src 'none'";
    document.head.append(lock);
  });

  if (document.visibilityState === "visible") shown();
  else hidden();
})();
