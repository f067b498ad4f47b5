// Builds elements from data. Text only ever becomes text nodes, so nothing that people or apps write is markup.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'value') node.value = value;
    else if (name === 'style') node.style.cssText = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const $ = (selector, root = document) => root.querySelector(selector);

// Replaces only the children whose data changed, so that focus, open menus and the reader's place survive an update.
export function reconcile(container, items, { key, render }) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let place = container.firstElementChild;
  items.forEach((item, index) => {
    const name = key(item);
    const version = JSON.stringify([item, render.version?.(item, items[index - 1])]);
    let node = old.get(name);
    old.delete(name);
    if (!node || node.version !== version) {
      const fresh = render(item, items[index - 1]);
      fresh.dataset.key = name;
      fresh.version = version;
      if (node === place && node) place = node.nextElementSibling;
      node?.remove();
      node = fresh;
    }
    if (node === place) place = node.nextElementSibling;
    else container.insertBefore(node, place);
  });
  old.forEach((node) => node.remove());
}
