// One run of a refresh after the other: an answer that comes late must not draw over a newer one.

export function inTurn(refresh) {
  let running = Promise.resolve();
  let waiting = null; // who asks while one waits shares it: it has not asked the server yet
  return () => {
    waiting ??= running
      .catch(() => {})
      .then(() => {
        waiting = null;
        running = refresh();
        return running;
      });
    return waiting;
  };
}
