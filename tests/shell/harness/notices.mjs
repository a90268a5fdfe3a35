// What programs on a desktop asked to be shown, read from what dbus-monitor overheard.

const VALUE = /^(?:variant +)?(string|boolean|byte|u?int(?:16|32|64)|double) (?:"(.*)"|(\S+))$/s;

/** The notices in it, oldest first: `{title, text, hints}`. */
export function noticesIn(overheard) {
  return overheard.split(/^(?=\S)/m).filter((message) => /^method call .* member=Notify$/m.test(message)).map(notice);
}

/** One call of Notify: app, what it replaces, icon, title, text, actions, hints, how long. */
function notice(message) {
  // Arguments are indented once, what is in them further; the end of a list stands on a line of its own.
  const parts = message.split(/^ {3}(?![ \]])/m).slice(1);
  const [, , , title, text] = parts.map((part) => part.trim().match(VALUE)?.[2]);
  return { title, text, hints: hintsIn(parts[6] ?? '') };
}

function hintsIn(array) {
  const entries = [...array.matchAll(/^ *dict entry\(\n *string "([^"]*)"\n *(.*)$/gm)];
  return Object.fromEntries(entries.map(([, name, said]) => {
    const [, , quoted, plain] = said.trim().match(VALUE) ?? [];
    return [name, quoted ?? (plain === 'true' || plain === 'false' ? plain === 'true' : plain)];
  }));
}
