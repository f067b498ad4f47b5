// Slack's mrkdwn as elements: *bold* _italic_ ~strike~ `code` ```block``` > quote, links, mentions, dates, :emoji:.
import { h } from './dom.js';
import { channel, clock, group, nameOf, session } from './session.js';

const EMOJI = {
  white_check_mark: '✅',
  heavy_check_mark: '✔',
  x: '❌',
  warning: '⚠️',
  rotating_light: '🚨',
  eyes: '👀',
  rocket: '🚀',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  no_entry: '⛔',
  bell: '🔔',
  lock: '🔒',
  unlock: '🔓',
  tada: '🎉',
  arrows_counterclockwise: '🔄',
  repeat: '🔁',
  question: '❓',
  red_circle: '🔴',
  large_green_circle: '🟢',
  fire: '🔥',
  large_yellow_circle: '🟡',
  thumbsup: '👍',
  '+1': '👍',
  '-1': '👎',
  wave: '👋',
  memo: '📝',
  mag: '🔍',
  pause_button: '⏸',
  arrow_forward: '▶',
  stop_button: '⏹',
  bust_in_silhouette: '👤',
  chart_with_upwards_trend: '📈',
  hammer: '🔨',
  smile: '😄',
};
const INLINE = new RegExp(
  [
    '<(?<control>[^<>]+)>',
    '`(?<code>[^`\\n]+)`',
    '(?<![\\p{L}\\p{N}*])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\p{L}\\p{N}*])',
    '(?<![\\p{L}\\p{N}_])_(?<italic>[^\\s_](?:[^_\\n]*[^\\s_])?)_(?![\\p{L}\\p{N}_])',
    '(?<![\\p{L}\\p{N}~])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\p{L}\\p{N}~])',
    '(?<![\\p{L}\\p{N}])(?<address>https?://[^\\s<>|`]*[^\\s<>|`.,;:!?)*_~\'"])',
    ':(?<emoji>[a-z0-9_+-]+):',
  ].join('|'),
  'gu',
);

export const unescape = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

export function plain(text) {
  return unescape(text).replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);
}

export function mrkdwn(text) {
  return text.split(/```/).flatMap((part, index, all) => {
    if (index % 2 && index < all.length - 1) return [h('pre', {}, unescape(part.replace(/^\n|\n$/g, '')))];
    return lines(index % 2 ? `\`\`\`${part}` : part);
  });
}

function lines(text) {
  const made = [];
  let quote = null;
  const all = text.split('\n');
  all.forEach((line, index) => {
    const quoted = line.match(/^(?:&gt;|>)\s?(.*)$/);
    if (quoted) {
      if (quote) quote.append(h('br'));
      else made.push((quote = h('blockquote')));
      quote.append(...inline(quoted[1]));
      return;
    }
    const afterQuote = quote !== null;
    quote = null;
    if (index && !afterQuote) made.push(h('br'));
    made.push(...inline(line));
  });
  return made;
}

function inline(text) {
  const made = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const { control, address, code, bold, italic, strike, emoji } = match.groups;
    const node = control || address
      ? sequence(control || address)
      : code
        ? h('code', {}, unescape(code))
        : bold
          ? h('strong', {}, inline(bold))
          : italic
            ? h('em', {}, inline(italic))
            : strike
              ? h('s', {}, inline(strike))
              : EMOJI[emoji];
    if (node === undefined) continue;
    made.push(unescape(text.slice(end, match.index)), node);
    end = match.index + match[0].length;
  }
  made.push(unescape(text.slice(end)));
  return made.filter((part) => part !== '');
}

function sequence(control) {
  const [head, label] = control.split(/\|(.*)/s);
  if (head.startsWith('@')) {
    const id = head.slice(1);
    return h('span', { class: id === session.me ? 'mention me' : 'mention', 'data-user-id': id }, `@${nameOf(id)}`);
  }
  if (head.startsWith('#')) return h('span', { class: 'mention' }, `#${channel(head.slice(1))?.name ?? label ?? head}`);
  if (head.startsWith('!subteam^')) {
    const id = head.slice('!subteam^'.length);
    const mine = group(id)?.users.includes(session.me);
    return h('span', { class: mine ? 'mention me' : 'mention' }, `@${group(id)?.handle ?? label ?? id}`);
  }
  if (head.startsWith('!date^')) return date(head, label);
  if (head.startsWith('!')) return h('span', { class: 'mention me' }, `@${head.slice(1)}`);
  if (!/^(https?|mailto|tel|slack):/.test(head)) return `<${unescape(control)}>`;
  const here = new URL(unescape(head), location.href).origin === location.origin;
  return h(
    'a',
    { href: unescape(head), rel: 'noreferrer', target: here ? undefined : '_blank' },
    label ? unescape(label) : unescape(head),
  );
}

const DATE = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  date_short: { year: 'numeric', month: 'short', day: 'numeric' },
  date_long: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit' },
  time_secs: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
};

function date(head, fallback) {
  const [, unix, format, link] = head.split('^');
  const text = unescape(format).replace(/\{([a-z_]+)\}/g, (whole, name) => {
    const options = DATE[name.replace('_pretty', '')];
    if (!options) return whole;
    return name === 'date_num' ? new Date(unix * 1000).toISOString().slice(0, 10) : clock(unix, options);
  });
  const shown = h(
    'time',
    { datetime: new Date(unix * 1000).toISOString(), title: fallback ? unescape(fallback) : undefined },
    text,
  );
  return link ? h('a', { href: unescape(link), rel: 'noreferrer' }, shown) : shown;
}
