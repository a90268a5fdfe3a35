// How many segments a text is, by the rules of GSM 03.38: what Twilio bills.

const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿' +
  'abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENDED = '\f^{}\\[~]|€';

/** `{encoding, units, segments}` of a text. */
export function segments(text) {
  const characters = [...text];
  if (characters.every((character) => BASIC.includes(character) || EXTENDED.includes(character))) {
    // An extended character takes two places, and is never parted.
    const units = characters.reduce((sum, character) => sum + (EXTENDED.includes(character) ? 2 : 1), 0);
    return { encoding: 'GSM-7', units, segments: count(characters, 160, 153, (c) => (EXTENDED.includes(c) ? 2 : 1)) };
  }
  return { encoding: 'UCS-2', units: text.length, segments: count(characters, 70, 67, (c) => c.length) };
}

function count(characters, single, each, width) {
  const units = characters.reduce((sum, character) => sum + width(character), 0);
  if (units <= single) return 1;
  let used = 0;
  let full = 0;
  for (const character of characters) {
    if (used + width(character) > each) {
      full += 1;
      used = 0;
    }
    used += width(character);
  }
  return full + 1;
}
