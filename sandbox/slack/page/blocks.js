// Block Kit as elements. `act` is told of every press and choice: act(element, block, value, control).
import { h } from './dom.js';
import { control, isInput } from './inputs.js';
import { mrkdwn, plain } from './mrkdwn.js';

const LONG = 700;

export function textObject(object) {
  return object.type === 'mrkdwn' ? mrkdwn(object.text) : [plain(object.text)];
}

export function renderBlocks(blocks, context) {
  return blocks.map((block) => {
    const renderer = RENDERERS[block.type] ?? unknown;
    const node = renderer(block, context);
    node.classList.add('block', `block-${block.type}`);
    node.dataset.blockId = block.block_id;
    return node;
  });
}

const RENDERERS = {
  header: (block) => h('h3', {}, textObject(block.text)),
  divider: () => h('hr'),
  section,
  context: (block) =>
    h(
      'div',
      {},
      block.elements.map((one) => (one.type === 'image' ? picture(one) : h('span', {}, textObject(one)))),
    ),
  actions: (block, context) =>
    h(
      'div',
      { role: 'group', 'aria-label': 'Actions' },
      block.elements.map((one) => control(one, block, context)),
    ),
  image: (block) => h('figure', {}, block.title && h('figcaption', {}, textObject(block.title)), picture(block)),
  input,
  alert: (block) => h('div', { role: 'note', class: `level-${block.level ?? 'default'}` }, textObject(block.text)),
  markdown: (block) => h('div', {}, mrkdwn(block.text.replaceAll('**', '*'))),
  rich_text: (block) => h('div', {}, richText(block.elements)),
  table,
};

function section(block, context) {
  const body = h('div', { class: 'section-body' });
  if (block.text) body.append(folded(block));
  if (block.fields)
    body.append(
      h(
        'div',
        { class: 'fields' },
        block.fields.map((one) => h('div', {}, textObject(one))),
      ),
    );
  const accessory =
    block.accessory &&
    (block.accessory.type === 'image' ? picture(block.accessory) : control(block.accessory, block, context));
  return h('div', {}, body, accessory && h('div', { class: 'accessory' }, accessory));
}

function folded(block) {
  const text = h('div', { class: 'text' }, textObject(block.text));
  if (block.expand || block.text.text.length <= LONG) return text;
  text.classList.add('folded');
  const more = h(
    'button',
    {
      type: 'button',
      class: 'link',
      onclick: () => {
        text.classList.remove('folded');
        more.remove();
      },
    },
    'See more',
  );
  return h('div', {}, text, more);
}

function input(block, context) {
  const made = control(block.element, block, context);
  const field = isInput(made) ? made : made.querySelector('input, select, textarea');
  const label = plain(block.label.text) + (block.optional ? ' (optional)' : '');
  if (field && block.element.type !== 'checkboxes' && block.element.type !== 'radio_buttons') {
    field.id ||= `in-${block.block_id}`;
    field.setAttribute('aria-describedby', `note-${block.block_id}`);
    return h('div', {}, h('label', { for: field.id }, label), made, notes(block, context));
  }
  return h('fieldset', {}, h('legend', {}, label), made, notes(block, context));
}

function notes(block, context) {
  const error = context.errors?.[block.block_id];
  return h(
    'div',
    { id: `note-${block.block_id}` },
    error && h('p', { class: 'field-error', role: 'alert' }, error),
    block.hint && h('p', { class: 'hint' }, textObject(block.hint)),
  );
}

function picture(element) {
  const file = element.slack_file;
  const source = file ? (file.url ?? `/files/${file.id}/image`) : element.image_url;
  return h('img', { src: source, alt: plain(element.alt_text), loading: 'lazy' });
}

function richText(elements) {
  const leaf = (one) => {
    const words = one.text ?? one.url ?? one.name ?? one.user_id ?? '';
    return h(
      one.style?.code ? 'code' : one.style?.bold ? 'strong' : one.style?.italic ? 'em' : 'span',
      {},
      plain(words),
    );
  };
  return elements.map((one) => {
    if (one.type === 'rich_text_list') {
      return h(
        one.style === 'ordered' ? 'ol' : 'ul',
        {},
        one.elements.map((item) => h('li', {}, item.elements.map(leaf))),
      );
    }
    const tag = { rich_text_preformatted: 'pre', rich_text_quote: 'blockquote' }[one.type] ?? 'p';
    return h(tag, {}, one.elements.map(leaf));
  });
}

function table(block) {
  const cell = (one) =>
    h('td', {}, one.type === 'rich_text' ? richText(one.elements) : plain(String(one.text ?? one.value ?? '')));
  return h(
    'div',
    {},
    h(
      'table',
      {},
      block.rows.map((row) => h('tr', {}, row.map(cell))),
    ),
  );
}

function unknown(block) {
  return h('div', { class: 'unknown' }, `This client cannot show a block of type ${block.type}.`);
}
