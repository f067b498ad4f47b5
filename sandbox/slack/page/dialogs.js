// Confirm dialogs and modals. Native dialogs keep focus inside and close with Escape.
import { h } from './dom.js';
import { get, post } from './net.js';
import { session } from './session.js';
import { mrkdwn, plain } from './mrkdwn.js';
import { renderBlocks } from './blocks.js';
import { inTurn } from './turns.js';

const RELEVANT = 'input, select, textarea';

export function confirmed(confirm) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const text = confirm.text.type === 'mrkdwn' ? mrkdwn(confirm.text.text) : plain(confirm.text.text);
    const yes = h(
      'button',
      {
        type: 'button',
        class: `button ${confirm.style ?? 'primary'}`,
        'data-confirm': 'yes',
        onclick: () => finish(true),
      },
      plain(confirm.confirm?.text ?? 'Yes'),
    );
    const no = h(
      'button',
      { type: 'button', class: 'button', 'data-confirm': 'no', onclick: () => finish(false) },
      plain(confirm.deny?.text ?? 'No'),
    );
    const dialog = h(
      'dialog',
      { class: 'dialog confirm', role: 'dialog', 'aria-labelledby': 'confirm-title', oncancel: () => finish(false) },
      h('h2', { id: 'confirm-title' }, plain(confirm.title?.text ?? 'Are you sure?')),
      h('div', { class: 'dialog-body' }, h('p', {}, text)),
      h('footer', {}, no, yes),
    );
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

let shown = null;

export const refreshModals = inTurn(redrawModals);

async function redrawModals() {
  const { views } = await get('views', { user: session.me });
  const top = views.at(-1);
  const version = top ? JSON.stringify([top.id, top.hash, top.errors]) : null;
  if ((shown?.version ?? null) === version) return;
  const same = Boolean(shown && top && shown.viewId === top.id);
  const kept = same ? typedState(shown.dialog) : {};
  const focused = same ? place(document.activeElement) : null;
  shown?.dialog.close();
  shown?.dialog.remove();
  shown = top ? { viewId: top.id, version, dialog: modal(top, kept, views.length) } : null;
  if (!shown) return;
  document.body.append(shown.dialog);
  shown.dialog.showModal();
  const wrong = shown.dialog.querySelector('[data-block-id] .field-error')?.closest('[data-block-id]');
  wrong?.scrollIntoView({ block: 'center' });
  const again = focused && shown.dialog.querySelector(`[data-block-id="${CSS.escape(focused)}"]`);
  ((wrong ?? again)?.querySelector(RELEVANT) ?? shown.dialog.querySelector(RELEVANT))?.focus();
}

const place = (node) => node?.closest?.('[data-block-id]')?.dataset.blockId ?? null;

function modal(view, kept, depth) {
  const trouble = h('p', { class: 'field-error', role: 'alert', hidden: true });
  const close = async () => {
    await post('close', { user: session.me, view_id: view.id });
  };
  const form = h('form', {
    novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const button = form.querySelector('[data-submit]');
      if (!button || button.disabled) return;
      button.disabled = true;
      trouble.hidden = true;
      try {
        const answer = await post('submit', { user: session.me, view_id: view.id, state: typedState(dialog) });
        if (answer.error && answer.error !== 'not_sent') {
          trouble.textContent = 'We had some trouble connecting. Try again?';
          trouble.hidden = false;
        }
      } catch (error) {
        trouble.textContent = error.message;
        trouble.hidden = false;
      } finally {
        button.disabled = false;
      }
      await refreshModals();
    },
  });
  const context = {
    errors: view.errors,
    value: (block, element) =>
      keptValue(kept, block, element) ?? view.state.values[block.block_id]?.[element.action_id],
    dispatches: (element) => view.blocks.some((block) => block.dispatch_action && block.element === element),
    act: (element, block, value) => {
      const inInput = block.type === 'input' && !block.dispatch_action;
      if (inInput) return;
      post('click', {
        user: session.me,
        view_id: view.id,
        action_id: element.action_id,
        block_id: block.block_id,
        value,
        state: typedState(dialog),
      })
        .then(refreshModals)
        .catch((error) => {
          trouble.textContent = error.message;
          trouble.hidden = false;
        });
    },
    suggest: (element, block, value) =>
      post('options', {
        user: session.me,
        view_id: view.id,
        action_id: element.action_id,
        block_id: block.block_id,
        value,
      }),
  };
  form.append(
    h(
      'header',
      {},
      h('h2', { id: 'modal-title' }, plain(view.title.text)),
      h('button', { type: 'button', class: 'icon', 'aria-label': 'Close', onclick: close }, '✕'),
    ),
    h('div', { class: 'dialog-body' }, trouble, renderBlocks(view.blocks, context)),
    h(
      'footer',
      {},
      h(
        'button',
        { type: 'button', class: 'button', onclick: close },
        plain(view.close?.text ?? (depth > 1 ? 'Back' : 'Cancel')),
      ),
      view.submit &&
        h('button', { type: 'submit', class: 'button primary', 'data-submit': true }, plain(view.submit.text)),
    ),
  );
  const dialog = h(
    'dialog',
    {
      class: 'dialog modal',
      role: 'dialog',
      'aria-labelledby': 'modal-title',
      'data-view-id': view.id,
      'data-callback-id': view.callback_id,
      oncancel: (event) => {
        event.preventDefault();
        close();
      },
    },
    form,
  );
  return dialog;
}

function keptValue(kept, block, element) {
  const value = kept[block.block_id]?.[element.action_id];
  return typeof value === 'string' && /_input$/.test(element.type) ? { type: element.type, value } : undefined;
}

function typedState(dialog) {
  const state = {};
  for (const node of dialog.querySelectorAll('[data-action-id]')) {
    if (!node.read) continue;
    const block = node.closest('[data-block-id]').dataset.blockId;
    (state[block] ??= {})[node.dataset.actionId] = node.read();
  }
  return state;
}
