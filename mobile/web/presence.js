// Tells the server whether this screen is looked at.
//
// A plain script and not part of the app: it runs before the app is loaded, and a hidden page stalls
// the app's own tasks, so that a report left to the app would arrive when the page is shown again.
//
// Each page load is a device of its own with a counter from 1: two tabs of one browser are two
// screens, and a late report of a page that is gone can override nothing of the one that replaced it.
//
//   standbyPresence.start({token})   from now on this caller's screen (again: nothing happens)
//   standbyPresence.goOn({token})    the same stay as before, by another of its links
//   standbyPresence.stop()           the stay has ended: nothing is reported any more
//   standbyPresence.reportAgain()    report once more, also where nothing has changed
//   standbyPresence.deviceId         what this page load is called
//   window "standby:viewing"         detail {viewing: boolean}, each time the page says so
(() => {
  "use strict";

  const REPORT =
    "mutation ReportPresence($input: ReportPresenceInput!) " +
    "{ reportPresence(input: $input) { userErrors { code message } } }";
  // The first wait after a report that did not arrive, and the longest. Milliseconds.
  const FIRST_RETRY = 500;
  const LONGEST_RETRY = 15000;
  // A request without an answer for so long is taken as lost. Milliseconds.
  const PATIENCE = 10000;

  const deviceId = randomId();
  let token = null;
  let counter = 0;
  // What the server should know, and what it is known to know.
  let wanted = null;
  let told = null;
  // What the latest report under way says, if there is one.
  let underWay = null;
  let retryTimer = null;
  let retryWait = FIRST_RETRY;

  // crypto.randomUUID is missing where a page is served without TLS from another machine.
  function randomId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function report(state) {
    clearTimeout(retryTimer);
    retryTimer = null;
    counter += 1;
    const mine = counter;
    const bearer = token;
    underWay = state;
    const body = JSON.stringify({
      query: REPORT,
      variables: { input: { deviceId, counter: mine, state } },
    });
    const giveUp = new AbortController();
    const patience = setTimeout(() => giveUp.abort(), PATIENCE);
    fetch("/graphql", {
      method: "POST",
      // Lets the request outlive a page that is being closed.
      keepalive: true,
      credentials: "omit",
      signal: giveUp.signal,
      headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
      body,
    })
      .then((response) => response.json())
      // The payload is the answer, also where it refuses. Without it the report counted for nothing,
      // whatever the status says: a field that failed is null in an answer that is 200.
      .then((answer) => (answer?.data?.reportPresence instanceof Object ? "arrived" : "lost"))
      .catch(() => "lost")
      .then((outcome) => {
        clearTimeout(patience);
        // A newer report is under way, or the caller is another by now: this one decides nothing.
        if (mine !== counter || bearer !== token) return;
        underWay = null;
        if (outcome === "arrived") {
          told = state;
          retryWait = FIRST_RETRY;
          settle();
        } else {
          told = null;
          retryTimer = setTimeout(settle, retryWait * (0.75 + Math.random() / 2));
          retryWait = Math.min(retryWait * 2, LONGEST_RETRY);
        }
      });
  }

  function present() {
    return document.visibilityState === "visible" ? "FOREGROUND" : "BACKGROUND";
  }

  // Reports what the server does not know yet. What is known or under way is not said twice.
  function settle() {
    if (token === null) return;
    if (underWay === wanted || (underWay === null && told === wanted)) return;
    report(wanted);
  }

  function say(state) {
    if (wanted !== state) retryWait = FIRST_RETRY;
    wanted = state;
    // A report whose turn comes later need not wait for it once the page changes.
    if (retryTimer !== null) {
      clearTimeout(retryTimer);
      retryTimer = null;
    }
    settle();
    window.dispatchEvent(
      new CustomEvent("standby:viewing", { detail: { viewing: state === "FOREGROUND" } }),
    );
  }

  function shown() {
    if (document.visibilityState === "visible") say("FOREGROUND");
  }
  function hidden() {
    say("BACKGROUND");
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
  // Back on the network: do not sit out the wait.
  window.addEventListener("online", () => {
    retryWait = FIRST_RETRY;
    if (document.visibilityState === "visible") shown();
    else if (underWay === null) settle();
  });

  // This screen no longer shows the caller it showed before.
  function takeLeave() {
    if (token !== null && wanted === "FOREGROUND") report("BACKGROUND");
  }

  function beginAnew(next) {
    clearTimeout(retryTimer);
    retryTimer = null;
    token = next;
    told = null;
    underWay = null;
    retryWait = FIRST_RETRY;
    // Also a page that was never seen says so: to the server, whoever arrives is looking.
    wanted = present();
    settle();
  }

  globalThis.standbyPresence = Object.freeze({
    deviceId,
    start(caller) {
      if (caller.token === token) return;
      takeLeave();
      beginAnew(caller.token);
    },
    goOn(caller) {
      beginAnew(caller.token);
    },
    stop() {
      takeLeave();
      beginAnew(null);
    },
    reportAgain() {
      beginAnew(token);
    },
  });

  // A wait screen says at once whether it is looked at, before the app is here.
  const fragment = location.hash.slice(1);
  if (location.pathname === "/w" && /^[A-Za-z0-9_.~-]{1,256}$/.test(fragment)) {
    globalThis.standbyPresence.start({ token: fragment });
  }
})();
