// One message as Slack shows it: who, when, what, and what hangs on it.
import { h } from './dom.js';
import { renderBlocks } from './blocks.js';
import { mrkdwn } from './mrkdwn.js';
import { post } from './net.js';
import { app, clock, hue, initials, nameOf, session } from './session.js';

const TOGETHER_SECONDS = 300;

export function avatar(user) {
  const style = `--hue:${hue(user)}`;
  return h(
    'span',
    { class: user === app().bot_user_id ? 'avatar app' : 'avatar', style, 'aria-hidden': 'true' },
    user === app().bot_user_id ? '↩' : initials(user),
  );
}

const joins = (message, before) =>
  Boolean(before) &&
  before.user === message.user &&
  !before.ephemeral_to &&
  !message.ephemeral_to &&
  Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS;

export function messageRenderer({ inThread }) {
  const render = (message, before) => {
    const together = joins(message, before);
    const node = h('article', {
      class: ['message', together && 'together', message.ephemeral_to && 'ephemeral'].filter(Boolean).join(' '),
      role: 'listitem',
      'data-ts': message.ts,
      'data-user': message.user,
      'data-ephemeral': message.ephemeral_to ? true : undefined,
    });
    node.append(
      together ? h('span', { class: 'gutter' }, time(message)) : avatarOf(message),
      body(message, { together, inThread }),
    );
    return node;
  };
  render.version = (message, before) => [joins(message, before), session.warnings.has(message.ts), session.me];
  return render;
}

const avatarOf = (message) => {
  const made = avatar(message.user);
  if (message.user === 'USLACKBOT') made.classList.add('slackbot');
  return made;
};

function time(message) {
  const full = clock(message.ts, { dateStyle: 'full', timeStyle: 'medium' });
  return h('time', { datetime: new Date(Number(message.ts) * 1000).toISOString(), title: full }, clock(message.ts));
}

function body(message, { together, inThread }) {
  const isApp = message.bot_id || message.user === 'USLACKBOT';
  return h(
    'div',
    { class: 'body' },
    message.ephemeral_to && h('p', { class: 'only-you' }, 'Only visible to you'),
    !together &&
      h(
        'p',
        { class: 'who' },
        h('strong', {}, nameOf(message.user)),
        isApp && h('span', { class: 'badge' }, 'APP'),
        time(message),
      ),
    content(message),
    !inThread && message.reply_count && replies(message),
    session.warnings.has(message.ts) &&
      h(
        'p',
        { class: 'warning', role: 'alert', title: 'The app did not acknowledge within 3 seconds' },
        "⚠ This app did not respond. Try again, or ask the app's author.",
      ),
  );
}

function content(message) {
  const edited = message.edited && h('span', { class: 'edited' }, ' (edited)');
  const files = (message.files ?? []).map((file) =>
    file.mimetype?.startsWith('image/')
      ? h(
          'figure',
          { class: 'file' },
          h('figcaption', {}, file.title),
          h('img', { src: file.url_private, alt: file.title }),
        )
      : h('a', { class: 'file', href: file.url_private, download: file.name }, file.title ?? file.id),
  );
  if (!message.blocks?.length)
    return h('div', { class: 'content' }, h('div', { class: 'text' }, mrkdwn(message.text), edited), files);
  const context = {
    act: (element, block, value, node) => act(message, element, block, value, node),
    suggest: (element, block, value) =>
      post('options', { ...target(message), action_id: element.action_id, block_id: block.block_id, value }),
    value: (block, element) => ({
      selected_option: element.initial_option,
      selected_options: element.initial_options,
      selected_user: element.initial_user,
      selected_date: element.initial_date,
      value: element.initial_value,
    }),
  };
  return h('div', { class: 'content' }, renderBlocks(message.blocks, context), edited, files);
}

const target = (message) => ({ user: session.me, channel: message.channel, ts: message.ts });

async function act(message, element, block, value, node) {
  node?.setAttribute('aria-busy', 'true');
  session.warnings.delete(message.ts);
  try {
    await post('click', { ...target(message), action_id: element.action_id, block_id: block.block_id, value });
  } finally {
    node?.removeAttribute('aria-busy');
  }
}

function replies(message) {
  const label = message.reply_count === 1 ? '1 reply' : `${message.reply_count} replies`;
  const open = () => document.dispatchEvent(new CustomEvent('open-thread', { detail: message.ts }));
  return h(
    'button',
    { type: 'button', class: 'replies', 'data-open-thread': message.ts, onclick: open },
    message.reply_users.slice(0, 3).map((user) => {
      const made = avatar(user);
      made.classList.add('small');
      return made;
    }),
    h('span', { class: 'count' }, label),
    h('span', { class: 'last' }, `Last reply ${clock(message.latest_reply)}`),
  );
}
