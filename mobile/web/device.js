// What a browser can do for someone who waits, where it can: read the code from the text message, keep
// the screen on, buzz. Each of these is missing in some browser; then nothing happens.
//
//   standbyDevice.readCode()         a promise of the code, or of null
//   standbyDevice.stopReadingCode()
//   standbyDevice.canKeepAwake       whether the screen can be kept on
//   standbyDevice.keepAwake(bool)
//   standbyDevice.buzz()
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
  });
})();
