// Who is looking and at what. The person belongs to the browser tab, so that two tabs can be two people.

export const session = {
  workspace: null,
  me: null,
  place: null, // a channel's id, or 'app'
  tab: 'home', // of the app: 'home' or 'messages'
  thread: null, // ts of the parent whose thread is open
  whispers: new Set(), // ts of ephemerals shown since this page was loaded
  warnings: new Set(), // ts of messages whose last click was not acknowledged
  unread: new Map(),
  mentions: new Map(),
};

export const person = (id) => session.workspace.people.find((one) => one.id === id);
export const group = (id) => session.workspace.groups.find((one) => one.id === id);
export const channel = (id) => session.workspace.channels.find((one) => one.id === id);
export const app = () => session.workspace.app;

export function nameOf(id) {
  if (id === 'USLACKBOT') return 'Slackbot';
  const found = person(id);
  return found ? found.profile.display_name || found.real_name : id;
}

export function initials(id) {
  const words = nameOf(id)
    .split(/[\s-]+/)
    .filter(Boolean);
  return words
    .map((word) => word[0])
    .join('')
    .slice(0, 2)
    .toUpperCase();
}

export function hue(id) {
  return [...id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
}

export function clock(ts, options = { hour: '2-digit', minute: '2-digit' }) {
  const zone = person(session.me)?.tz ?? 'Etc/UTC';
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(new Date(Number(ts) * 1000));
}
