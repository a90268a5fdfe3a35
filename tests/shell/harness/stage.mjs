// A server, the desktops of the people in a story, and what staff see. Everything is put away when the test ends.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { DevPhone } from '../../browser/harness/dev-phone.mjs';
import { callers, graphql } from '../../browser/harness/graphql.mjs';
import { until } from '../../browser/harness/until.mjs';
import { Server } from '../../harness/server.mjs';
import { Desktop } from './desktop.mjs';
import { Line } from './line.mjs';

/** Without a sign of life for so long, a screen is not seen any more. Milliseconds. */
const LEASE = 30_000;
/** How often the server looks for those of whom that is so. Milliseconds. */
const SWEEP = 500;
/** The longest that the app waits before it tries to reach the server again. Milliseconds. */
const LONGEST_PAUSE = 10_000;
/** What two apps, two servers and two desktops on two cores take beside that: answers come late, the app paints,
 * a test asks forty times a second. Milliseconds. */
const MARGIN = 10_000;

/** How long it takes at most until staff see Offline where the app said nothing. Milliseconds. */
export const OFFLINE_WITHIN = LEASE + SWEEP + MARGIN;
/** How long it takes at most until staff see Waiting once the app can say so again. Milliseconds. */
export const BACK_WITHIN = LONGEST_PAUSE + MARGIN;

/** People who exist only here, with numbers that Australia's regulator keeps for fiction. */
export const PEOPLE = {
  amara: { name: 'Amara Okafor', typed: '0491570006', number: '+61491570006' },
  bjorn: { name: 'Björn Lindqvist', typed: '0491570156', number: '+61491570156' },
};

const RECALL = 'mutation Recall($input: RecallCallerInput!) { recallCaller(input: $input) { userErrors { message } } }';
const CANCEL = 'mutation Cancel($input: CancelCallerInput!) { cancelCaller(input: $input) { userErrors { message } } }';
const ENTER = `
  mutation Enter($input: EnterWaitingAreaInput!) {
    enterWaitingArea(input: $input) { token userErrors { message } }
  }`;
const SEND_CODE = 'mutation { sendVerificationCode(input: {}) { userErrors { message } } }';
const REPORT = `
  mutation Report($input: ReportPresenceInput!) {
    reportPresence(input: $input) { userErrors { message } }
  }`;
const VERIFY = 'mutation Verify($input: VerifyPhoneInput!) { verifyPhone(input: $input) { userErrors { message } } }';

export async function stage(t) {
  const server = await Server.start({ STANDBY_RATE_LIMITS: 'off' });
  const opened = [];
  t.after(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await server.stop();
    if (!t.passed && process.env.STANDBY_SHOW_LOG === '1') {
      process.stderr.write(server.printed + server.logged);
      for (const { apps = [] } of opened) for (const app of apps) process.stderr.write(app.said);
    }
  });
  const key = await server.addKey('TEAM_MEMBER');
  const keep = (thing) => {
    opened.push(thing);
    return thing;
  };
  const phones = new Map();

  return {
    server,
    desktop: async () => keep(await Desktop.open()),
    line: async () => keep(await Line.to(server.port)),
    /** The app of a verified caller in a window, opened by the link of the app's own scheme, as far as waiting. */
    async app(person, { origin = server.origin, kept } = {}) {
      const token = await this.verifiedCaller(person);
      const desktop = await this.desktop();
      if (kept) await desktop.keep(kept);
      const window = await desktop.openApp(origin, `standby://w#${token}`);
      await window.titled(/^You are waiting/);
      return { desktop, window, token };
    },
    /** Somebody who has come in by the clinic link, in the app. */
    async arrivesInApp(person) {
      const desktop = await this.desktop();
      const window = await desktop.openApp(server.origin, 'standby://c/demo');
      await window.titled(/^Join the waiting area/);
      await window.fillIn(person);
      await window.titled(/^You are waiting/);
      return { desktop, window };
    },
    /** A caller who has come in elsewhere and verified the number; returns the token of the link. */
    async verifiedCaller({ name, number }) {
      const input = { clinicSlug: 'demo', name, phone: number, idempotencyKey: randomUUID() };
      const { enterWaitingArea } = await graphql(server, null, ENTER, { input });
      const { token } = enterWaitingArea;
      await graphql(server, token, SEND_CODE);
      const code = await this.texts({ number }).code();
      await graphql(server, token, VERIFY, { input: { code } });
      return token;
    },
    /** The same, who has then put that screen away: Offline for as long as nobody looks, however slow the machine. */
    async absentCaller(person) {
      const token = await this.verifiedCaller(person);
      const input = { deviceId: randomUUID(), counter: 1, state: 'BACKGROUND' };
      const { reportPresence } = await graphql(server, token, REPORT, { input });
      assert.deepEqual(reportPresence.userErrors, []);
      await this.shows(person, 'OFFLINE');
      return token;
    },
    /** The phone on which somebody reads text messages. */
    texts({ number }) {
      if (!phones.has(number)) phones.set(number, new DevPhone(server, number));
      return phones.get(number);
    },
    /** Staff recall somebody, who gets the text message. */
    async recall(person) {
      const input = { callerId: (await this.seen(person)).id };
      const { recallCaller } = await graphql(server, key, RECALL, { input });
      assert.deepEqual(recallCaller.userErrors, []);
      const isDelivered = async () => (await this.seen(person)).recall.sms.state === 'DELIVERED';
      await until('the text message is delivered', isDelivered);
    },
    /** Staff cancel somebody. */
    async cancel(person) {
      const input = { callerId: (await this.seen(person)).id };
      const { cancelCaller } = await graphql(server, key, CANCEL, { input });
      assert.deepEqual(cancelCaller.userErrors, []);
    },
    /** Everybody whom staff see. */
    async everyone() {
      return Object.values(await callers(server, key));
    },
    /** What staff see of somebody. */
    async seen({ name }) {
      return (await callers(server, key))[name];
    },
    /** How often somebody went Offline and came back, as the activity log has it, oldest first. */
    async comingsAndGoings(person) {
      const kinds = (await this.seen(person)).activity.map(({ kind }) => kind);
      return kinds.filter((kind) => ['WENT_OFFLINE', 'CAME_BACK'].includes(kind)).reverse();
    },
    /** Waits until staff see somebody so, and returns how long that took. Milliseconds. */
    async shows(person, status, options) {
      const begin = performance.now();
      await until(`staff see ${status}`, async () => (await this.seen(person)).status === status, options);
      return Math.round(performance.now() - begin);
    },
  };
}
