// Where a person types: plain messages, and slash commands (which Slack does not take in threads).
import { h } from './dom.js';
import { post } from './net.js';
import { app, session } from './session.js';

export function fillComposer(form, { label, channelId, threadTs, trouble, sent }) {
  const threaded = () => threadTs?.() ?? null;
  const field = h('textarea', { rows: 1, 'aria-label': label, placeholder: label, 'data-composer-input': true });
  const hint = h('div', { class: 'command-hint', hidden: true });
  const send = h('button', { type: 'submit', class: 'send', 'aria-label': 'Send' }, '➤');
  field.addEventListener('input', () => {
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
    const { slash_command: name } = app();
    const starts = field.value.startsWith('/') && name.startsWith(field.value.split(' ')[0]);
    hint.hidden = !starts || threaded();
    hint.textContent = starts ? `${name} — ${app().name}` : '';
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.replaceChildren(hint, h('div', { class: 'composer-box' }, field, send));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    if (text.startsWith('/') && threaded()) {
      trouble(`${text.split(' ')[0]} is not supported in threads. Sorry!`);
      return;
    }
    field.value = '';
    sent(form);
    field.dispatchEvent(new Event('input'));
    const body = { user: session.me, channel: channelId(), text };
    try {
      await (text.startsWith('/') ? post('command', body) : post('say', { ...body, thread_ts: threaded() }));
    } catch (error) {
      field.value = text;
      trouble(error.message);
    }
  };
}
