// What a browser can do for someone who waits, where it can: read the code from the text message, keep
// the screen on, buzz, show a notice. Each of these is missing in some browser; then nothing happens.
//
//   standbyDevice.readCode()         a promise of the code, or of null
//   standbyDevice.stopReadingCode()
//   standbyDevice.canKeepAwake       whether the screen can be kept on
//   standbyDevice.keepAwake(bool)
//   standbyDevice.buzz()
//   standbyDevice.canNotify          whether notices can be shown, or at least asked for
//   standbyDevice.askToNotify()      a promise of whether they may, or of null where the question was closed
//                                    without an answer; only while a button is pressed
//   standbyDevice.mayNotify()        whether they may, without asking
//   standbyDevice.notify(title, text, sound)
//   standbyDevice.withdrawNotice()
(() => {
  "use strict";

  let reading = null;
  let light = null;
  let wantsLight = false;

  async function readCode() {
    if (!("OTPCredential" in window)) return null;
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    try {
      const answer = await navigator.credentials.get({
        otp: { transport: ["sms"] },
        signal: mine.signal,
      });
      return answer?.code ?? null;
    } catch {
      return null;
    }
  }

  async function keepAwake(wanted) {
    wantsLight = wanted;
    if (!wanted) {
      await light?.release().catch(() => {});
      light = null;
      return;
    }
    if (light !== null && !light.released) return;
    try {
      const got = await navigator.wakeLock.request("screen");
      // Nobody may want it any more by the time it is there.
      if (wantsLight) light = got;
      else await got.release();
    } catch {
      // Refused, as with an empty battery. The reader's choice stays, and is tried when the page is shown again.
    }
  }

  let notice = null;

  // Browsers on phones have notices for service workers only, and throw. Without permission nothing is shown.
  function canNotify() {
    if (!window.isSecureContext || !("Notification" in window)) return false;
    if (Notification.permission !== "default") return Notification.permission === "granted";
    try {
      new Notification("");
      return true;
    } catch {
      return false;
    }
  }

  const mayNotify = () => window.Notification?.permission === "granted";

  function withdrawNotice() {
    notice?.close();
    notice = null;
  }

  globalThis.standbyDevice = Object.freeze({
    readCode,
    stopReadingCode() {
      reading?.abort();
      reading = null;
    },
    canKeepAwake: "wakeLock" in navigator,
    keepAwake,
    buzz() {
      navigator.vibrate?.([200, 100, 200]);
    },
    canNotify: canNotify(),
    async askToNotify() {
      const answer = await window.Notification?.requestPermission();
      return answer === "default" ? null : answer === "granted";
    },
    mayNotify,
    notify(title, text, sound) {
      withdrawNotice();
      if (!mayNotify()) return;
      try {
        // In the page's own language, which says which way the text runs.
        const { lang, dir } = document.documentElement;
        const mine = new Notification(title, { body: text, silent: !sound, lang, dir });
        mine.onclick = () => {
          window.focus();
          mine.close();
        };
        notice = mine;
      } catch {
        // Allowed on a phone by a service worker of some other page here.
      }
    },
    withdrawNotice,
  });
})();
