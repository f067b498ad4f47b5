// A reader at the end stays at the end, whatever grows or is resized; a reader elsewhere is never moved.

const NEAR_END = 60;

export function follower(scroller) {
  let follows = true;
  let last = 0;
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
  // Only moving up leaves the end: content that grows below moves nothing, and scroll events may come late.
  const look = () => {
    if (atEnd()) follows = true;
    else if (scroller.scrollTop < last - 1) follows = false;
    last = scroller.scrollTop;
    scroller.dataset.follows = String(follows);
    return follows;
  };
  const settle = () => {
    if (!look()) return false;
    scroller.scrollTop = scroller.scrollHeight;
    last = scroller.scrollTop;
    return true;
  };
  scroller.addEventListener('scroll', look);
  const watcher = new ResizeObserver(settle);
  for (const node of [scroller, ...scroller.children]) watcher.observe(node);
  return {
    settle,
    restart: () => {
      follows = true;
      last = 0;
    },
  };
}
