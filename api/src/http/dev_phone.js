// Asks for the texts every second and shows what is new. Text is only ever set as text: a name that
// a caller typed must not become markup here.

const everyMs = 1000;
const highlightMs = 4000;
const phones = document.getElementById("phones");
const none = document.getElementById("none");
const link = document.getElementById("link");
const shown = new Map();
let isFirst = true;

function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

// Links as a phone would find them; a full stop or bracket at the end is not part of one.
function write(body, into) {
  let rest = 0;
  for (const found of body.matchAll(/\bhttps?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]]/g)) {
    into.append(body.slice(rest, found.index));
    const anchor = document.createElement("a");
    anchor.href = found[0];
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer";
    anchor.textContent = found[0];
    into.append(anchor);
    rest = found.index + found[0].length;
  }
  into.append(body.slice(rest));
}

function timeOf(at) {
  const when = new Date(at);
  const isToday = when.toDateString() === new Date().toDateString();
  return when.toLocaleString([], isToday ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" });
}

function phoneOf(number) {
  let phone = shown.get(number);
  if (!phone) {
    const section = copyOf("phone");
    section.querySelector("h2").textContent = number;
    section.dataset.number = number;
    phone = { section, list: section.querySelector("ol"), count: 0 };
    shown.set(number, phone);
  }
  return phone;
}

function add(phone, message) {
  const item = copyOf("message");
  write(message.body, item.querySelector("p"));
  const time = item.querySelector("time");
  time.dateTime = message.at;
  time.textContent = timeOf(message.at);
  if (!isFirst) {
    item.classList.add("arrived");
    setTimeout(() => item.classList.remove("arrived"), highlightMs);
  }
  phone.list.append(item);
  phone.count += 1;
}

function show(messages) {
  const byNumber = Map.groupBy
    ? Map.groupBy(messages, (message) => message.to)
    : messages.reduce((groups, message) => groups.set(message.to, [...(groups.get(message.to) ?? []), message]), new Map());
  // Fewer than before: the server was started anew with other data.
  for (const [number, phone] of shown) {
    if ((byNumber.get(number)?.length ?? 0) < phone.count) {
      phone.section.remove();
      shown.delete(number);
    }
  }
  const changed = [];
  for (const [number, all] of byNumber) {
    const phone = phoneOf(number);
    if (all.length > phone.count) {
      changed.push({ phone, at: all.at(-1).at });
      for (const message of all.slice(phone.count)) add(phone, message);
    }
  }
  changed.sort((one, other) => one.at.localeCompare(other.at));
  for (const { phone } of changed) {
    phones.prepend(phone.section);
    phone.list.scrollTop = phone.list.scrollHeight;
  }
  none.hidden = messages.length > 0;
  isFirst = false;
}

async function refresh() {
  try {
    const answer = await fetch("/dev/phone/messages", { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
    link.textContent = "";
  } catch {
    link.textContent = "The server does not answer. Trying again.";
  }
  setTimeout(refresh, everyMs);
}

refresh();
