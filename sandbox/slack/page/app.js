// Puts the page together: who looks, at what, and what changed meanwhile (server-sent events).
import { $, h, reconcile } from './dom.js';
import { get, post } from './net.js';
import { avatar, messageRenderer } from './messages.js';
import { fillComposer } from './composer.js';
import { refreshModals } from './dialogs.js';
import { renderBlocks } from './blocks.js';
import { follower } from './scroll.js';
import { inTurn } from './turns.js';
import { app, channel, hue, initials, nameOf, person, session } from './session.js';

const inChannel = messageRenderer({ inThread: false });
const inThread = messageRenderer({ inThread: true });

function toast(text, go) {
  const note = h(
    'button',
    {
      type: 'button',
      class: 'toast',
      onclick: () => {
        note.remove();
        go?.();
      },
    },
    text,
  );
  $('[data-toasts]').append(note);
  setTimeout(() => note.remove(), 6000);
}

const appIm = () => session.workspace.channels.find((one) => one.is_im && one.user === session.me);
const shownChannel = () => (session.place === 'app' ? appIm()?.id : session.place);
const channelEnd = follower($('[data-scroller]'));
const threadEnd = follower($('[data-thread-scroller]'));

async function shownWhispers() {
  if (!session.whispers.size) return [];
  const { messages } = await get('ephemerals', { user: session.me });
  return messages.filter((one) => session.whispers.has(one.ts) && one.channel === shownChannel());
}

const byTime = (one, other) => Number(one.ts) - Number(other.ts);

async function redrawMessages() {
  const id = shownChannel();
  const scroller = $('[data-scroller]');
  const [{ messages }, whispers] = id
    ? await Promise.all([get('messages', { channel: id }), shownWhispers()])
    : [{ messages: [] }, []];
  if (id !== shownChannel()) return;
  if (scroller.dataset.place !== id) channelEnd.restart();
  channelEnd.settle();
  const all = [...messages, ...whispers.filter((one) => !one.thread_ts)].sort(byTime);
  const before = $('[data-messages]').lastElementChild?.dataset.key;
  reconcile($('[data-messages]'), all, { key: (one) => one.ts, render: inChannel });
  scroller.dataset.place = id ?? '';
  if (channelEnd.settle()) $('[data-newer]').hidden = true;
  else if (before !== all.at(-1)?.ts) $('[data-newer]').hidden = false;
}

async function redrawThread() {
  const pane = $('[data-thread]');
  pane.hidden = !session.thread;
  document.body.classList.toggle('with-thread', Boolean(session.thread));
  if (!session.thread) return;
  const ts = session.thread;
  const [{ messages }, whispers] = await Promise.all([get('thread', { channel: shownChannel(), ts }), shownWhispers()]);
  if (ts !== session.thread) return;
  const scroller = $('[data-thread-scroller]');
  if (scroller.dataset.place !== ts) threadEnd.restart();
  threadEnd.settle();
  const all = [...messages, ...whispers.filter((one) => one.thread_ts === ts)].sort(byTime);
  reconcile($('[data-thread-messages]'), all, { key: (one) => one.ts, render: inThread });
  scroller.dataset.place = ts;
  threadEnd.settle();
}

async function redrawHome() {
  const home = $('[data-home]');
  const { view } = await get('home', { user: session.me });
  const context = {
    value: (block, element) => view.state.values[block.block_id]?.[element.action_id],
    act: (element, block, value) =>
      post('click', {
        user: session.me,
        view_id: view.id,
        action_id: element.action_id,
        block_id: block.block_id,
        value,
      }).catch((error) => toast(error.message)),
    suggest: (element, block, value) =>
      post('options', {
        user: session.me,
        view_id: view.id,
        action_id: element.action_id,
        block_id: block.block_id,
        value,
      }),
  };
  home.replaceChildren(
    ...(view
      ? renderBlocks(view.blocks, context)
      : [h('p', { class: 'empty' }, 'This app has not published a Home for you yet.')]),
  );
}

const refreshMessages = inTurn(redrawMessages);
const refreshThread = inTurn(redrawThread);
const refreshHome = inTurn(redrawHome);

function sidebarItem({ place, label, glyph, badge, unread }) {
  const current = session.place === place ? 'page' : undefined;
  return h(
    'button',
    {
      type: 'button',
      class: unread ? 'place unread' : 'place',
      'data-place': place,
      'aria-current': current,
      onclick: () => go(place),
    },
    h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph),
    h('span', { class: 'label' }, label),
    badge ? h('span', { class: 'count', 'aria-label': `${badge} mentions` }, String(badge)) : null,
  );
}

function drawFrame() {
  const { workspace } = session;
  $('[data-team]').textContent = workspace.team.name;
  const mine = workspace.channels.filter((one) => !one.is_im && one.members.includes(session.me));
  const others = workspace.channels.filter((one) => !one.is_im && !one.members.includes(session.me));
  const item = (one) =>
    sidebarItem({
      place: one.id,
      label: one.name,
      glyph: one.is_archived ? '×' : '#',
      badge: session.mentions.get(one.id),
      unread: session.unread.get(one.id),
    });
  $('#sidebar').replaceChildren(
    h('h2', {}, 'Channels'),
    ...mine.map(item),
    ...(others.length ? [h('h2', {}, 'Not joined'), ...others.map(item)] : []),
    h('h2', {}, 'Apps'),
    sidebarItem({
      place: 'app',
      label: app().name,
      glyph: '↩',
      badge: session.mentions.get(appIm()?.id),
      unread: session.unread.get(appIm()?.id),
    }),
  );
  const switcher = $('[data-person-switch]');
  const kind = (one) => (one.kind === 'member' ? '' : ` (${one.kind})`);
  switcher.replaceChildren(
    ...workspace.people
      .filter((one) => one.id !== app().bot_user_id)
      .map((one) => h('option', { value: one.id }, nameOf(one.id) + kind(one))),
  );
  switcher.value = session.me;
  const mark = $('[data-my-avatar]');
  mark.textContent = initials(session.me);
  mark.style.setProperty('--hue', hue(session.me));
  drawHead();
}

function drawHead() {
  const isApp = session.place === 'app';
  const here = isApp ? null : channel(session.place);
  $('[data-title]').replaceChildren(...(isApp ? [avatar(app().bot_user_id), ` ${app().name}`] : [`# ${here.name}`]));
  $('[data-members]').textContent = here ? `${here.num_members} members${here.is_archived ? ' · archived' : ''}` : '';
  const tabs = $('[data-tabs]');
  tabs.hidden = !isApp;
  tabs.replaceChildren(
    ...['home', 'messages'].map((name) =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          'aria-selected': String(session.tab === name),
          'data-tab': name,
          onclick: () => openTab(name),
        },
        name === 'home' ? 'Home' : 'Messages',
      ),
    ),
  );
  const showsHome = isApp && session.tab === 'home';
  $('[data-home]').hidden = !showsHome;
  $('[data-messages]').hidden = showsHome;
  $('[data-composer]').hidden = showsHome || Boolean(here?.is_archived);
  document.title = `${isApp ? app().name : `#${here.name}`} | ${session.workspace.team.name} (sandbox Slack)`;
}

async function openTab(name) {
  session.tab = name;
  drawHead();
  await post('home', { user: session.me, tab: name });
  await loadWorkspace();
  await Promise.all([refreshHome(), refreshMessages()]);
}

async function go(place, { thread = null } = {}) {
  session.place = place;
  session.thread = thread;
  for (const id of [place, place === 'app' ? appIm()?.id : null]) {
    session.unread.delete(id);
    session.mentions.delete(id);
  }
  $('[data-newer]').hidden = true;
  document.body.classList.remove('with-menu');
  $('.menu').setAttribute('aria-expanded', 'false');
  history.replaceState(null, '', `#${place}${thread ? `/${thread}` : ''}`);
  drawFrame();
  composers();
  if (place === 'app') await openTab(session.tab);
  await Promise.all([refreshMessages(), refreshThread()]);
}

function composers() {
  const trouble = (text) => toast(text);
  const sent = (form) => {
    (form.matches('[data-composer]') ? channelEnd : threadEnd).restart();
  };
  const name = session.place === 'app' ? app().name : `#${channel(session.place).name}`;
  fillComposer($('[data-composer]'), { label: `Message ${name}`, channelId: shownChannel, trouble, sent });
  fillComposer($('[data-thread-composer]'), {
    label: 'Reply…',
    channelId: shownChannel,
    threadTs: () => session.thread,
    trouble,
    sent,
  });
}

async function loadWorkspace() {
  session.workspace = await get('workspace');
}

async function become(id) {
  session.me = id;
  session.whispers.clear();
  session.warnings.clear();
  session.unread.clear();
  session.mentions.clear();
  sessionStorage.setItem('me', id);
  $('[data-messages]').replaceChildren();
  await go(session.place, { thread: session.thread });
  await refreshModals();
}

function heard(kind, data) {
  if (kind.startsWith('ephemeral')) {
    if (data.ephemeral_to !== session.me) return;
    session.whispers.add(data.ts);
  }
  if (kind === 'warning' && data.user === session.me) session.warnings.add(data.ts);
  if (kind === 'post') arrived(data);
  if (kind === 'view') {
    if (data.user === session.me) refreshModals();
    return;
  }
  if (kind === 'home') {
    if (data.user === session.me && session.place === 'app') refreshHome();
    return;
  }
  if (kind === 'people' || kind === 'channels') loadWorkspace().then(drawFrame);
  if (!data.channel || data.channel === shownChannel()) later();
}

// Many changes at once are drawn once: the lists are read again at most every 50 ms.
let waiting = null;
function later() {
  waiting ??= setTimeout(() => {
    waiting = null;
    refreshMessages();
    refreshThread();
  }, 50);
}

function arrived(data) {
  if (data.user === session.me) return;
  const mentioned = data.notified.includes(session.me);
  const open = () =>
    loadWorkspace().then(() => go(channel(data.channel)?.is_im ? 'app' : data.channel, { thread: data.thread_ts }));
  if (mentioned)
    toast(
      `${nameOf(data.user)} notified you in ${channel(data.channel)?.is_im ? 'a direct message' : `#${channel(data.channel)?.name ?? '…'}`}`,
      open,
    );
  if (data.channel === shownChannel()) return;
  session.unread.set(data.channel, true);
  if (mentioned) session.mentions.set(data.channel, (session.mentions.get(data.channel) ?? 0) + 1);
  drawFrame();
}

function listen() {
  const events = new EventSource('/sandbox/events');
  events.addEventListener('hello', () => {
    document.body.dataset.live = 'true';
    refreshMessages();
    refreshThread();
    refreshModals();
  });
  events.addEventListener('error', () => {
    document.body.dataset.live = 'false';
  });
  for (const kind of [
    'post',
    'edit',
    'delete',
    'ephemeral',
    'ephemeral_edit',
    'ephemeral_delete',
    'view',
    'home',
    'people',
    'channels',
    'warning',
  ]) {
    events.addEventListener(kind, (event) => heard(kind, JSON.parse(event.data)));
  }
}

function start() {
  const archive = location.pathname.match(/^\/archives\/(\w+)\/p(\d+)(\d{6})$/);
  const [hashPlace, hashThread] = location.hash.slice(1).split('/');
  const thread = new URLSearchParams(location.search).get('thread_ts') ?? hashThread ?? null;
  const wanted = new URLSearchParams(location.search).get('as') ?? sessionStorage.getItem('me');
  const found = session.workspace.people.find((one) => one.id === wanted || one.name === wanted);
  session.me = found?.id ?? session.workspace.people[0].id;
  sessionStorage.setItem('me', session.me);
  const place = archive?.[1] ?? hashPlace;
  const known = place === 'app' || channel(place) ? place : session.workspace.channels[0].id;
  if (archive) history.replaceState(null, '', '/');
  return go(channel(known)?.is_im ? 'app' : known, { thread }).then(
    () => archive && showMessage(`${archive[2]}.${archive[3]}`),
  );
}

function showMessage(ts) {
  const node = $(`[data-ts="${CSS.escape(ts)}"]`);
  node?.scrollIntoView({ block: 'center' });
  node?.classList.add('pointed');
}

$('[data-person-switch]').addEventListener('change', (event) => become(event.target.value));
$('.menu').addEventListener('click', () => {
  const open = document.body.classList.toggle('with-menu');
  $('.menu').setAttribute('aria-expanded', String(open));
});
$('[data-close-thread]').addEventListener('click', () => go(session.place));
$('[data-newer]').addEventListener('click', () => {
  const scroller = $('[data-scroller]');
  scroller.scrollTop = scroller.scrollHeight;
});
$('[data-scroller]').addEventListener('scroll', (event) => {
  if (event.target.dataset.follows === 'true') $('[data-newer]').hidden = true;
});
document.addEventListener('open-thread', (event) => go(session.place, { thread: event.detail }));
document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details.overflow[open]'))
    if (!menu.contains(event.target)) menu.open = false;
});

await loadWorkspace();
await start();
listen();
