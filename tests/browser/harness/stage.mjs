// A server, and the browsers of the people in a story. Everything is put away when the test ends, however it ends.

import assert from 'node:assert/strict';

import { Browser, DESKTOP, PHONE } from './chromium.mjs';
import { DevPhone } from './dev-phone.mjs';
import { Console } from '../pages/console.mjs';
import { WaitScreen } from '../pages/wait-screen.mjs';
import { Server } from '../../harness/server.mjs';

/** People who exist only here, with numbers that Australia's regulator keeps for fiction. */
export const PEOPLE = {
  amara: { name: 'Amara Okafor', typed: '0491 570 006', number: '+61491570006' },
  bjorn: { name: 'Björn Lindqvist', typed: '0491 570 156', number: '+61491570156' },
  chen: { name: 'Chen Wei', typed: '0491 570 157', number: '+61491570157' },
  dalia: { name: 'Dalia Haddad', typed: '0491 570 158', number: '+61491570158' },
};

/**
 * Sets the stage for one test.
 *
 * @param {Record<string, string>} settings of the server's environment
 */
export async function stage(t, settings) {
  // Tests look for a state many times a second, which nobody does who uses it.
  const server = await Server.start({ STANDBY_RATE_LIMITS: 'off', ...settings }, { web: true });
  const told = () => server.printed + server.logged;
  // Six digits of the time that a line begins with may be anybody's code.
  const toldWithoutTimes = () => told().replace(/^(?:\u001b\[[\d;]*m)*\d{4}-\d\d-\d\dT[\d:.]+Z/gm, '');
  const browsers = [];
  t.after(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await server.stop();
    if (!t.passed && process.env.STANDBY_SHOW_LOG === '1') process.stderr.write(told());
  });

  const open = async (size) => {
    const browser = await Browser.open(size);
    browsers.push(browser);
    return browser;
  };

  return {
    server,
    /** A browser on a phone, with nothing in it. */
    phone: () => open(PHONE),
    /** A browser on a desk, with nothing in it. */
    desk: () => open(DESKTOP),
    /** Staff at their desk, signed in by the link the server printed. */
    async staff() {
      const browser = await open(DESKTOP);
      return await Console.signIn(browser, await server.signInLink());
    },
    /** A caller who has come in by the clinic link, on a phone of their own. */
    async caller(person) {
      const browser = await open(PHONE);
      return await WaitScreen.arrive(browser, server, person);
    },
    /** A caller who has come in and verified the number. */
    async verifiedCaller(person) {
      const screen = await this.caller(person);
      await screen.verify(person);
      return screen;
    },
    texts: (person) => new DevPhone(server, person.number),
    /** No page has complained, and the server has told nobody's name, number or code. */
    nothingLeaked(people, codes = []) {
      for (const { name, number } of people) {
        for (const secret of [name, number, number.slice(3), ...codes]) {
          assert.ok(!toldWithoutTimes().includes(secret), 'the log tells a name, a number or a code');
        }
      }
      for (const browser of browsers) assert.deepEqual(browser.complaints, []);
    },
  };
}
