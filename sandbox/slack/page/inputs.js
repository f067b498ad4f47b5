// Every Block Kit element a person can act on. `context.act` gets the choice; `context.value` gives what is chosen now.
import { h } from './dom.js';
import { confirmed } from './dialogs.js';
import { mrkdwn, plain } from './mrkdwn.js';
import { session } from './session.js';

export const isInput = (node) => ['INPUT', 'SELECT', 'TEXTAREA'].includes(node.tagName);

export function control(element, block, context) {
  const make = MAKERS[element.type] ?? unknown;
  const chosen = context.value?.(block, element);
  const choose = async (value, node) => {
    if (element.confirm && !(await confirmed(element.confirm))) return false;
    context.act(element, block, value, node);
    return true;
  };
  const node = make(element, { chosen, choose, context, block });
  node.dataset.actionId = element.action_id;
  node.dataset.type = element.type;
  return node;
}

const words = (option) => plain(option.text.text);
const hintOf = (element) => (element.placeholder ? plain(element.placeholder.text) : undefined);

const MAKERS = {
  button,
  overflow,
  static_select: select,
  multi_static_select: select,
  external_select: external,
  multi_external_select: external,
  users_select: people,
  multi_users_select: people,
  conversations_select: places,
  channels_select: places,
  checkboxes: boxes,
  radio_buttons: boxes,
  plain_text_input: typed,
  url_text_input: typed,
  email_text_input: typed,
  number_input: typed,
  datepicker: typed,
  timepicker: typed,
};

function button(element, { choose }) {
  const node = h(
    'button',
    {
      type: 'button',
      class: `button ${element.style ?? ''}`,
      'aria-label': element.accessibility_label,
      onclick: async () => {
        if (element.url) window.open(element.url, '_blank', 'noreferrer');
        node.disabled = true;
        try {
          await choose(element.value, node);
        } finally {
          node.disabled = false;
        }
      },
    },
    plain(element.text.text),
  );
  return node;
}

function overflow(element, { choose }) {
  const menu = h('details', { class: 'overflow' }, h('summary', { 'aria-label': 'More actions' }, '⋯'));
  menu.append(
    h(
      'div',
      { role: 'menu' },
      element.options.map((option) =>
        h(
          'button',
          {
            type: 'button',
            role: 'menuitem',
            'data-value': option.value,
            onclick: () => {
              menu.open = false;
              choose(option.value, menu);
            },
          },
          words(option),
        ),
      ),
    ),
  );
  return menu;
}

function pick(element, { chosen, choose }, children, values) {
  const node = h(
    'select',
    { 'aria-label': hintOf(element), multiple: element.type.startsWith('multi_') },
    !element.type.startsWith('multi_') && h('option', { value: '' }, hintOf(element) ?? 'Select an option'),
    children,
  );
  const marked = new Set(values(chosen).filter(Boolean));
  for (const option of node.options)
    option.selected = marked.has(option.value) || (!marked.size && option.value === '' && !node.multiple);
  node.read = () => (node.multiple ? [...node.selectedOptions].map((one) => one.value) : node.value || null);
  node.addEventListener('change', () => choose(node.read(), node));
  return node;
}

const option = (one) => h('option', { value: one.value }, words(one));

function select(element, tools) {
  const children = element.option_groups
    ? element.option_groups.map((one) => h('optgroup', { label: plain(one.label.text) }, one.options.map(option)))
    : element.options.map(option);
  return pick(element, tools, children, (now) =>
    [now?.selected_option, ...(now?.selected_options ?? [])].map((one) => one?.value),
  );
}

function people(element, tools) {
  const shown = session.workspace.people.filter((one) => !one.deleted);
  const children = shown.map((one) => h('option', { value: one.id }, one.profile.display_name || one.real_name));
  return pick(element, tools, children, (now) => [now?.selected_user, ...(now?.selected_users ?? [])]);
}

function places(element, tools) {
  const children = session.workspace.channels
    .filter((one) => !one.is_im)
    .map((one) => h('option', { value: one.id }, `#${one.name}`));
  return pick(element, tools, children, (now) => [now?.selected_conversation ?? now?.selected_channel]);
}

function external(element, { chosen, choose, context, block }) {
  let value = chosen?.selected_option ?? null;
  let asked = 0;
  const list = h('div', { class: 'suggestions', role: 'listbox', hidden: true });
  const field = h('input', {
    type: 'text',
    role: 'combobox',
    'aria-expanded': 'false',
    autocomplete: 'off',
    placeholder: hintOf(element) ?? 'Select an option',
    value: value ? words(value) : '',
  });
  const hide = () => {
    list.hidden = true;
    field.setAttribute('aria-expanded', 'false');
  };
  const take = (one) => {
    value = one;
    field.value = words(one);
    hide();
    choose(one, box);
  };
  const look = async () => {
    const mine = ++asked;
    const typed = value && field.value === words(value) ? '' : field.value;
    if (typed.length < (element.min_query_length ?? 3)) {
      hide();
      return;
    }
    const { options } = await context.suggest(element, block, typed);
    if (mine !== asked) return;
    list.replaceChildren(
      ...options.map((one) =>
        h('button', { type: 'button', role: 'option', 'data-value': one.value, onclick: () => take(one) }, words(one)),
      ),
    );
    if (!options.length) list.append(h('p', {}, 'No results'));
    list.hidden = false;
    field.setAttribute('aria-expanded', 'true');
  };
  field.addEventListener('click', look);
  field.addEventListener('input', look);
  field.addEventListener('keydown', async (event) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    if (list.hidden) await look();
    list.querySelector('button')?.focus();
  });
  const box = h('div', { class: 'external' }, field, list);
  box.addEventListener('focusout', (event) => {
    if (!box.contains(event.relatedTarget)) hide();
  });
  box.read = () => value;
  return box;
}

function boxes(element, { chosen, choose, block }) {
  const many = element.type === 'checkboxes';
  const now = new Set((many ? (chosen?.selected_options ?? []) : [chosen?.selected_option]).map((one) => one?.value));
  const node = h('div', { class: 'choices', role: many ? 'group' : 'radiogroup' });
  element.options.forEach((one) => {
    const box = h('input', {
      type: many ? 'checkbox' : 'radio',
      name: `${block.block_id}/${element.action_id}`,
      value: one.value,
    });
    box.checked = now.has(one.value);
    box.addEventListener('change', () => choose(node.read(), node));
    const text = one.text.type === 'mrkdwn' ? mrkdwn(one.text.text) : words(one);
    node.append(
      h('label', {}, box, h('span', {}, text, one.description && h('small', {}, plain(one.description.text)))),
    );
  });
  node.read = () => {
    const marked = [...node.querySelectorAll('input:checked')].map((box) => box.value);
    return many ? marked : (marked[0] ?? null);
  };
  return node;
}

const KINDS = {
  url_text_input: 'url',
  email_text_input: 'email',
  number_input: 'number',
  datepicker: 'date',
  timepicker: 'time',
};

function typed(element, { chosen, choose, context }) {
  const value = chosen?.value ?? chosen?.selected_date ?? chosen?.selected_time ?? '';
  const shape = element.multiline ? { rows: 4 } : { type: KINDS[element.type] ?? 'text' };
  const node = h(element.multiline ? 'textarea' : 'input', {
    ...shape,
    maxlength: element.max_length,
    placeholder: hintOf(element),
    value,
  });
  node.read = () => node.value || null;
  const picks = element.type === 'datepicker' || element.type === 'timepicker';
  if (picks || context.dispatches?.(element)) node.addEventListener('change', () => choose(node.read(), node));
  return node;
}

function unknown(element) {
  return h('span', { class: 'unknown' }, `This client cannot show an element of type ${element.type}.`);
}
